assert refund_payout(2000, False) == {"cents": 1600, "currency": "EUR"}
assert refund_payout(2000, True) == {"cents": 1350, "currency": "EUR"}
assert refund_payout(300, False) == {"cents": 0, "currency": "EUR"}
assert refund_payout(500, True) == {"cents": 0, "currency": "EUR"}
assert refund_payout(500, False) == {"cents": 100, "currency": "EUR"}
