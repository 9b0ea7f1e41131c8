assert ferry_crossing_fare(2000, False, False) == {"cents": 2000, "currency": "EUR"}
assert ferry_crossing_fare(2000, True, False) == {"cents": 6500, "currency": "EUR"}
assert ferry_crossing_fare(2000, False, True) == {"cents": 3400, "currency": "EUR"}
assert ferry_crossing_fare(2000, True, True) == {"cents": 11050, "currency": "EUR"}
assert ferry_crossing_fare(15, False, True) == {"cents": 25, "currency": "EUR"}
