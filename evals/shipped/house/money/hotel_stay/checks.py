assert hotel_stay(2800, 3, False) == {"cents": 10000, "currency": "EUR"}
assert hotel_stay(2800, 3, True) == {"cents": 11100, "currency": "EUR"}
assert hotel_stay(973, 1, False) == {"cents": 2573, "currency": "EUR"}
assert hotel_stay(2051, 11, True) == {"cents": 25261, "currency": "EUR"}
