assert photo_prints_price(10, False) == {"cents": 290, "currency": "EUR"}
assert photo_prints_price(99, False) == {"cents": 2871, "currency": "EUR"}
assert photo_prints_price(100, False) == {"cents": 2200, "currency": "EUR"}
assert photo_prints_price(100, True) == {"cents": 2530, "currency": "EUR"}
assert photo_prints_price(30, True) == {"cents": 1001, "currency": "EUR"}
