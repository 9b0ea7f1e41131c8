assert warehouse_rent_total([{"area": 100, "heated": False}]) == {"cents": 45000, "currency": "EUR"}
assert warehouse_rent_total([{"area": 10, "heated": True}]) == {"cents": 12000, "currency": "EUR"}
assert warehouse_rent_total([{"area": 10, "heated": True}, {"area": 20, "heated": False}, {"area": 2, "heated": True}]) == {"cents": 29400, "currency": "EUR"}
assert warehouse_rent_total([]) == {"cents": 0, "currency": "EUR"}
