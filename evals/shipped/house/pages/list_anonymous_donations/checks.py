few = [{"id": 11, "origin": "anonymous", "deleted": False}, {"id": 5, "origin": "anonymous", "deleted": True}, {"id": 3, "origin": "anonymous", "deleted": False}, {"id": 7, "origin": "named", "deleted": False}]
many = [{"id": i, "origin": "anonymous", "deleted": False} for i in range(56)]
assert list_anonymous_donations(few) == {"items": [{"id": 3, "origin": "anonymous", "deleted": False}, {"id": 11, "origin": "anonymous", "deleted": False}], "page": 1, "total": 2}
assert len(list_anonymous_donations(many, 3)["items"]) == 6
assert len(list_anonymous_donations(many, 2)["items"]) == 25
assert list_anonymous_donations(many, 2)["items"][0]["id"] == 25
assert list_anonymous_donations(many, 2)["total"] == 56
assert list_anonymous_donations([], 4) == {"items": [], "page": 4, "total": 0}
