few = [{"id": 9, "capacity": 350, "deleted": False}, {"id": 5, "capacity": 350, "deleted": True}, {"id": 2, "capacity": 350, "deleted": False}, {"id": 7, "capacity": 349, "deleted": False}]
many = [{"id": i, "capacity": 350, "deleted": False} for i in range(59)]
assert list_big_ferries(few) == {"items": [{"id": 2, "capacity": 350, "deleted": False}, {"id": 9, "capacity": 350, "deleted": False}], "page": 1, "total": 2}
assert len(list_big_ferries(many, 3)["items"]) == 9
assert len(list_big_ferries(many, 2)["items"]) == 25
assert list_big_ferries(many, 2)["items"][0]["id"] == 25
assert list_big_ferries(many, 2)["total"] == 59
assert list_big_ferries([], 4) == {"items": [], "page": 4, "total": 0}
