few = [{"id": 13, "mode": "idle", "deleted": False}, {"id": 5, "mode": "idle", "deleted": True}, {"id": 3, "mode": "idle", "deleted": False}, {"id": 7, "mode": "turning", "deleted": False}]
many = [{"id": i, "mode": "idle", "deleted": False} for i in range(68)]
assert list_idle_windmills(few) == {"items": [{"id": 3, "mode": "idle", "deleted": False}, {"id": 13, "mode": "idle", "deleted": False}], "page": 1, "total": 2}
assert len(list_idle_windmills(many, 3)["items"]) == 18
assert len(list_idle_windmills(many, 2)["items"]) == 25
assert list_idle_windmills(many, 2)["items"][0]["id"] == 25
assert list_idle_windmills(many, 2)["total"] == 68
assert list_idle_windmills([], 4) == {"items": [], "page": 4, "total": 0}
