assert ferry_fare(50000, False) == {"cents": 51500, "currency": "EUR"}
assert ferry_fare(50000, True) == {"cents": 56000, "currency": "EUR"}
assert ferry_fare(5150, False) == {"cents": 5305, "currency": "EUR"}
assert ferry_fare(642, True) == {"cents": 5161, "currency": "EUR"}
assert ferry_fare(123456700, False) == {"cents": 127160401, "currency": "EUR"}
