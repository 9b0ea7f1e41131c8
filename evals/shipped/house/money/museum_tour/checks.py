assert museum_tour(2550, 3) == {"cents": 9850, "currency": "EUR"}
assert museum_tour(978, 1) == {"cents": 3178, "currency": "EUR"}
assert museum_tour(2046, 11) == {"cents": 24706, "currency": "EUR"}
assert museum_tour(700, 0) == {"cents": 2200, "currency": "EUR"}
