assert bicycle_hire(2400, 3) == {"cents": 8000, "currency": "EUR"}
assert bicycle_hire(981, 1) == {"cents": 1781, "currency": "EUR"}
assert bicycle_hire(2043, 13) == {"cents": 27359, "currency": "EUR"}
assert bicycle_hire(700, 0) == {"cents": 800, "currency": "EUR"}
