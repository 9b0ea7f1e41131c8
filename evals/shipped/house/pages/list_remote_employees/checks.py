few = [{"id": 12, "workplace": "remote", "deleted": False}, {"id": 5, "workplace": "remote", "deleted": True}, {"id": 4, "workplace": "remote", "deleted": False}, {"id": 7, "workplace": "office", "deleted": False}]
many = [{"id": i, "workplace": "remote", "deleted": False} for i in range(56)]
assert list_remote_employees(few) == {"items": [{"id": 4, "workplace": "remote", "deleted": False}, {"id": 12, "workplace": "remote", "deleted": False}], "page": 1, "total": 2}
assert len(list_remote_employees(many, 3)["items"]) == 6
assert len(list_remote_employees(many, 2)["items"]) == 25
assert list_remote_employees(many, 2)["items"][0]["id"] == 25
assert list_remote_employees(many, 2)["total"] == 56
assert list_remote_employees([], 4) == {"items": [], "page": 4, "total": 0}
