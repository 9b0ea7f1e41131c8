assert claim_payout(115000, False) == {"cents": 85000, "currency": "EUR"}
assert claim_payout(125000, True) == {"cents": 85000, "currency": "EUR"}
assert claim_payout(15010, False) == {"cents": 9, "currency": "EUR"}
assert claim_payout(12000, False) == {"cents": 0, "currency": "EUR"}
assert claim_payout(20000, True) == {"cents": 0, "currency": "EUR"}
