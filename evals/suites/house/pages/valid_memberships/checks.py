rows = [{"id": 8, "starts": "2024-03-01", "ends": "2024-12-31", "deleted": False}, {"id": 5, "starts": "2023-03-02", "ends": "2024-03-01", "deleted": False}, {"id": 6, "starts": "2024-03-02", "ends": "2024-05-01", "deleted": False}, {"id": 7, "starts": "2024-01-01", "ends": "2024-12-31", "deleted": True}]
many = [{"id": 59 - i, "starts": "2024-01-01", "ends": "2024-12-31", "deleted": False} for i in range(60)]
assert [row["id"] for row in valid_memberships(rows, "2024-03-01")["items"]] == [5, 8]
assert valid_memberships(rows, "2024-03-01")["total"] == 2
assert valid_memberships(rows, "2022-01-01") == {"items": [], "page": 1, "total": 0}
assert valid_memberships(many, "2024-06-01", 2)["items"][0]["id"] == 25
assert len(valid_memberships(many, "2024-06-01", 3)["items"]) == 10
assert valid_memberships(many, "2024-06-01", 3)["total"] == 60
