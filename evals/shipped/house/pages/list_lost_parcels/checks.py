few = [{"id": 9, "progress": "lost", "deleted": False}, {"id": 5, "progress": "lost", "deleted": True}, {"id": 4, "progress": "lost", "deleted": False}, {"id": 7, "progress": "moving", "deleted": False}]
many = [{"id": i, "progress": "lost", "deleted": False} for i in range(68)]
assert list_lost_parcels(few) == {"items": [{"id": 4, "progress": "lost", "deleted": False}, {"id": 9, "progress": "lost", "deleted": False}], "page": 1, "total": 2}
assert len(list_lost_parcels(many, 3)["items"]) == 18
assert len(list_lost_parcels(many, 2)["items"]) == 25
assert list_lost_parcels(many, 2)["items"][0]["id"] == 25
assert list_lost_parcels(many, 2)["total"] == 68
assert list_lost_parcels([], 4) == {"items": [], "page": 4, "total": 0}
