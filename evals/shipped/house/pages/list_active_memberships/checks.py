few = [{"id": 9, "condition": "active", "deleted": False}, {"id": 5, "condition": "active", "deleted": True}, {"id": 4, "condition": "active", "deleted": False}, {"id": 7, "condition": "lapsed", "deleted": False}]
many = [{"id": i, "condition": "active", "deleted": False} for i in range(71)]
assert list_active_memberships(few) == {"items": [{"id": 4, "condition": "active", "deleted": False}, {"id": 9, "condition": "active", "deleted": False}], "page": 1, "total": 2}
assert len(list_active_memberships(many, 3)["items"]) == 21
assert len(list_active_memberships(many, 2)["items"]) == 25
assert list_active_memberships(many, 2)["items"][0]["id"] == 25
assert list_active_memberships(many, 2)["total"] == 71
assert list_active_memberships([], 4) == {"items": [], "page": 4, "total": 0}
