few = [{"id": 11, "jobs": 12, "deleted": False}, {"id": 5, "jobs": 12, "deleted": True}, {"id": 4, "jobs": 12, "deleted": False}, {"id": 7, "jobs": 11, "deleted": False}]
many = [{"id": i, "jobs": 12, "deleted": False} for i in range(62)]
assert list_busy_printers(few) == {"items": [{"id": 4, "jobs": 12, "deleted": False}, {"id": 11, "jobs": 12, "deleted": False}], "page": 1, "total": 2}
assert len(list_busy_printers(many, 3)["items"]) == 12
assert len(list_busy_printers(many, 2)["items"]) == 25
assert list_busy_printers(many, 2)["items"][0]["id"] == 25
assert list_busy_printers(many, 2)["total"] == 62
assert list_busy_printers([], 4) == {"items": [], "page": 4, "total": 0}
