assert garden_hedge(2250, 3) == {"cents": 8550, "currency": "EUR"}
assert garden_hedge(984, 1) == {"cents": 2784, "currency": "EUR"}
assert garden_hedge(2040, 10) == {"cents": 22200, "currency": "EUR"}
assert garden_hedge(700, 0) == {"cents": 1800, "currency": "EUR"}
