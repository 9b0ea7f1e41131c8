few = [{"id": 11, "board": "delayed", "deleted": False}, {"id": 5, "board": "delayed", "deleted": True}, {"id": 3, "board": "delayed", "deleted": False}, {"id": 7, "board": "landed", "deleted": False}]
many = [{"id": i, "board": "delayed", "deleted": False} for i in range(53)]
assert list_delayed_flights(few) == {"items": [{"id": 3, "board": "delayed", "deleted": False}, {"id": 11, "board": "delayed", "deleted": False}], "page": 1, "total": 2}
assert len(list_delayed_flights(many, 3)["items"]) == 3
assert len(list_delayed_flights(many, 2)["items"]) == 25
assert list_delayed_flights(many, 2)["items"][0]["id"] == 25
assert list_delayed_flights(many, 2)["total"] == 53
assert list_delayed_flights([], 4) == {"items": [], "page": 4, "total": 0}
