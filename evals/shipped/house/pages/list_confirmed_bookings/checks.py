few = [{"id": 12, "phase": "confirmed", "deleted": False}, {"id": 5, "phase": "confirmed", "deleted": True}, {"id": 2, "phase": "confirmed", "deleted": False}, {"id": 7, "phase": "draft", "deleted": False}]
many = [{"id": i, "phase": "confirmed", "deleted": False} for i in range(62)]
assert list_confirmed_bookings(few) == {"items": [{"id": 2, "phase": "confirmed", "deleted": False}, {"id": 12, "phase": "confirmed", "deleted": False}], "page": 1, "total": 2}
assert len(list_confirmed_bookings(many, 3)["items"]) == 12
assert len(list_confirmed_bookings(many, 2)["items"]) == 25
assert list_confirmed_bookings(many, 2)["items"][0]["id"] == 25
assert list_confirmed_bookings(many, 2)["total"] == 62
assert list_confirmed_bookings([], 4) == {"items": [], "page": 4, "total": 0}
