assert windmill_payout(1000, 10) == {"cents": 8450, "currency": "EUR"}
assert windmill_payout(230, 10) == {"cents": 1019, "currency": "EUR"}
assert windmill_payout(100, 10) == {"cents": 0, "currency": "EUR"}
assert windmill_payout(0, 10) == {"cents": 0, "currency": "EUR"}
