assert warehouse_clearance(2710) == {"cents": 1810, "currency": "EUR"}
assert warehouse_clearance(901) == {"cents": 1, "currency": "EUR"}
assert warehouse_clearance(900) == {"cents": 0, "currency": "EUR"}
assert warehouse_clearance(830) == {"cents": 0, "currency": "EUR"}
