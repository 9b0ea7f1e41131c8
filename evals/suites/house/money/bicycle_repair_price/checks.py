assert bicycle_repair_price([1000, 2500], False) == {"cents": 5000, "currency": "EUR"}
assert bicycle_repair_price([1000, 2500], True) == {"cents": 4650, "currency": "EUR"}
assert bicycle_repair_price([2, 3], True) == {"cents": 1504, "currency": "EUR"}
assert bicycle_repair_price([], True) == {"cents": 1500, "currency": "EUR"}
