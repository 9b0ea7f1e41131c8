few = [{"id": 13, "depot": "Leeds", "deleted": False}, {"id": 5, "depot": "Leeds", "deleted": True}, {"id": 4, "depot": "Leeds", "deleted": False}, {"id": 7, "depot": "York", "deleted": False}]
many = [{"id": i, "depot": "Leeds", "deleted": False} for i in range(53)]
assert list_depot_drivers(few, "Leeds") == {"items": [{"id": 4, "depot": "Leeds", "deleted": False}, {"id": 13, "depot": "Leeds", "deleted": False}], "page": 1, "total": 2}
assert len(list_depot_drivers(many, "Leeds", 3)["items"]) == 3
assert len(list_depot_drivers(many, "Leeds", 2)["items"]) == 25
assert list_depot_drivers(many, "Leeds", 2)["items"][0]["id"] == 25
assert list_depot_drivers(many, "Leeds", 2)["total"] == 53
assert list_depot_drivers([], "Leeds", 4) == {"items": [], "page": 4, "total": 0}
