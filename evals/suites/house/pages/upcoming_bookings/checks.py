rows = [{"id": 1, "date": "2024-06-02", "status": "sure", "deleted": False}, {"id": 2, "date": "2024-05-01", "status": "sure", "deleted": False}, {"id": 3, "date": "2024-04-30", "status": "sure", "deleted": False}, {"id": 4, "date": "2024-05-09", "status": "cancelled", "deleted": False}, {"id": 5, "date": "2024-05-08", "status": "sure", "deleted": True}]
many = [{"id": i, "date": "2024-07-01", "status": "sure", "deleted": False} for i in range(55)]
assert [row["id"] for row in upcoming_bookings(rows, "2024-05-01")["items"]] == [2, 1]
assert upcoming_bookings(rows, "2024-05-01")["total"] == 2
assert upcoming_bookings(rows, "2025-01-01") == {"items": [], "page": 1, "total": 0}
assert len(upcoming_bookings(many, "2024-05-01", 3)["items"]) == 5
assert upcoming_bookings(many, "2024-05-01", 2)["items"][0]["id"] == 25
assert upcoming_bookings(many, "2024-05-01", 2)["total"] == 55
