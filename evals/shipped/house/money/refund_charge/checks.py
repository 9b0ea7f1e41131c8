assert refund_charge(29000, False) == {"cents": 2320, "currency": "EUR"}
assert refund_charge(29000, True) == {"cents": 2520, "currency": "EUR"}
assert refund_charge(2244, False) == {"cents": 180, "currency": "EUR"}
assert refund_charge(404, True) == {"cents": 232, "currency": "EUR"}
assert refund_charge(123456700, False) == {"cents": 9876536, "currency": "EUR"}
