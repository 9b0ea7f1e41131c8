rows = [{"id": 1, "show": "Tea", "published": "2024-05-02", "deleted": False}, {"id": 2, "show": "Tea", "published": "2024-05-17", "deleted": False}, {"id": 3, "show": "Tea", "published": "2024-06-01", "deleted": False}, {"id": 4, "show": "Tea", "published": "2024-05-30", "deleted": True}, {"id": 5, "show": "Sky", "published": "2024-05-20", "deleted": False}]
many = [{"id": i, "show": "Tea", "published": "2023-01-01", "deleted": False} for i in range(60)]
assert [row["id"] for row in episodes_of_month(rows, "Tea", "2024-05")["items"]] == [2, 1]
assert episodes_of_month(rows, "Tea", "2024-06") == {"items": [{"id": 3, "show": "Tea", "published": "2024-06-01", "deleted": False}], "page": 1, "total": 1}
assert episodes_of_month(rows, "Sky", "2021-01") == {"items": [], "page": 1, "total": 0}
assert episodes_of_month(many, "Tea", "2023-01", 2)["items"][0]["id"] == 25
assert len(episodes_of_month(many, "Tea", "2023-01", 3)["items"]) == 10
assert episodes_of_month(many, "Tea", "2023-01", 3)["total"] == 60
