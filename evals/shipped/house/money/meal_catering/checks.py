assert meal_catering(1750, 3) == {"cents": 8750, "currency": "EUR"}
assert meal_catering(994, 1) == {"cents": 4494, "currency": "EUR"}
assert meal_catering(2030, 10) == {"cents": 23800, "currency": "EUR"}
assert meal_catering(700, 0) == {"cents": 3500, "currency": "EUR"}
