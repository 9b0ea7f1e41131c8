assert photo_prints(1900, 3) == {"cents": 6100, "currency": "EUR"}
assert photo_prints(991, 1) == {"cents": 1391, "currency": "EUR"}
assert photo_prints(2033, 13) == {"cents": 26829, "currency": "EUR"}
assert photo_prints(700, 0) == {"cents": 400, "currency": "EUR"}
