assert museum_entry_price([40, 17], False) == {"cents": 2000, "currency": "EUR"}
assert museum_entry_price([18, 6, 5], False) == {"cents": 2000, "currency": "EUR"}
assert museum_entry_price([40, 40], True) == {"cents": 6300, "currency": "EUR"}
assert museum_entry_price([2], False) == {"cents": 0, "currency": "EUR"}
