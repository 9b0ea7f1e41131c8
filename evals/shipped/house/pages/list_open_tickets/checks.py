few = [{"id": 9, "state": "open", "deleted": False}, {"id": 5, "state": "open", "deleted": True}, {"id": 2, "state": "open", "deleted": False}, {"id": 7, "state": "solved", "deleted": False}]
many = [{"id": i, "state": "open", "deleted": False} for i in range(53)]
assert list_open_tickets(few) == {"items": [{"id": 2, "state": "open", "deleted": False}, {"id": 9, "state": "open", "deleted": False}], "page": 1, "total": 2}
assert len(list_open_tickets(many, 3)["items"]) == 3
assert len(list_open_tickets(many, 2)["items"]) == 25
assert list_open_tickets(many, 2)["items"][0]["id"] == 25
assert list_open_tickets(many, 2)["total"] == 53
assert list_open_tickets([], 4) == {"items": [], "page": 4, "total": 0}
