few = [{"id": 11, "ward": "north", "deleted": False}, {"id": 5, "ward": "north", "deleted": True}, {"id": 2, "ward": "north", "deleted": False}, {"id": 7, "ward": "south", "deleted": False}]
many = [{"id": i, "ward": "north", "deleted": False} for i in range(68)]
assert list_ward_patients(few, "north") == {"items": [{"id": 2, "ward": "north", "deleted": False}, {"id": 11, "ward": "north", "deleted": False}], "page": 1, "total": 2}
assert len(list_ward_patients(many, "north", 3)["items"]) == 18
assert len(list_ward_patients(many, "north", 2)["items"]) == 25
assert list_ward_patients(many, "north", 2)["items"][0]["id"] == 25
assert list_ward_patients(many, "north", 2)["total"] == 68
assert list_ward_patients([], "north", 4) == {"items": [], "page": 4, "total": 0}
