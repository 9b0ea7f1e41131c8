few = [{"id": 3, "theme": "maritime", "founded": 20, "deleted": False}, {"id": 5, "theme": "maritime", "founded": 15, "deleted": True}, {"id": 9, "theme": "maritime", "founded": 10, "deleted": False}, {"id": 7, "theme": "railway", "founded": 15, "deleted": False}]
many = [{"id": i, "theme": "maritime", "founded": 900 - i, "deleted": False} for i in range(65)]
assert list_maritime_museums(few) == {"items": [{"id": 9, "theme": "maritime", "founded": 10, "deleted": False}, {"id": 3, "theme": "maritime", "founded": 20, "deleted": False}], "page": 1, "total": 2}
assert len(list_maritime_museums(many, 3)["items"]) == 15
assert len(list_maritime_museums(many, 2)["items"]) == 25
assert list_maritime_museums(many, 2)["items"][0]["id"] == 39
assert list_maritime_museums(many, 2)["total"] == 65
assert list_maritime_museums([], 4) == {"items": [], "page": 4, "total": 0}
