rows = [{"id": 1, "guest": None, "beds": 2, "price": 90, "deleted": False}, {"id": 2, "guest": None, "beds": 3, "price": 70, "deleted": False}, {"id": 3, "guest": "Kay", "beds": 2, "price": 50, "deleted": False}, {"id": 4, "guest": None, "beds": 1, "price": 40, "deleted": False}, {"id": 5, "guest": None, "beds": 4, "price": 30, "deleted": True}]
many = [{"id": i, "guest": None, "beds": 2, "price": 50 + i, "deleted": False} for i in range(60)]
assert free_rooms(rows, 2, 3) == {"items": [{"id": 2, "cost": 210}, {"id": 1, "cost": 270}], "page": 1, "total": 2}
assert free_rooms(rows, 1, 1)["total"] == 3
assert free_rooms(rows, 5, 1) == {"items": [], "page": 1, "total": 0}
assert free_rooms(many, 2, 1, 2)["items"][0] == {"id": 25, "cost": 75}
assert len(free_rooms(many, 2, 1, 3)["items"]) == 10
assert free_rooms(many, 2, 1, 3)["total"] == 60
