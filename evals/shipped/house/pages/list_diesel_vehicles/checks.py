few = [{"id": 10, "fuel": "diesel", "deleted": False}, {"id": 5, "fuel": "diesel", "deleted": True}, {"id": 2, "fuel": "diesel", "deleted": False}, {"id": 7, "fuel": "petrol", "deleted": False}]
many = [{"id": i, "fuel": "diesel", "deleted": False} for i in range(71)]
assert list_diesel_vehicles(few) == {"items": [{"id": 2, "fuel": "diesel", "deleted": False}, {"id": 10, "fuel": "diesel", "deleted": False}], "page": 1, "total": 2}
assert len(list_diesel_vehicles(many, 3)["items"]) == 21
assert len(list_diesel_vehicles(many, 2)["items"]) == 25
assert list_diesel_vehicles(many, 2)["items"][0]["id"] == 25
assert list_diesel_vehicles(many, 2)["total"] == 71
assert list_diesel_vehicles([], 4) == {"items": [], "page": 4, "total": 0}
