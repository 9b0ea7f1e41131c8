assert bakery_evening(929) == {"cents": 629, "currency": "EUR"}
assert bakery_evening(301) == {"cents": 1, "currency": "EUR"}
assert bakery_evening(300) == {"cents": 0, "currency": "EUR"}
assert bakery_evening(211) == {"cents": 0, "currency": "EUR"}
