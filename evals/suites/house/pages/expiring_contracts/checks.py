rows = [{"id": 1, "signed": True, "ends": "2024-06-30", "deleted": False}, {"id": 2, "signed": True, "ends": "2024-02-01", "deleted": False}, {"id": 3, "signed": False, "ends": "2024-03-01", "deleted": False}, {"id": 4, "signed": True, "ends": "2024-07-01", "deleted": False}, {"id": 5, "signed": True, "ends": "2024-01-01", "deleted": True}]
many = [{"id": i, "signed": True, "ends": "2024-01-01", "deleted": False} for i in range(60)]
assert [row["id"] for row in expiring_contracts(rows, "2024-06-30")["items"]] == [2, 1]
assert expiring_contracts(rows, "2024-06-30")["total"] == 2
assert expiring_contracts(rows, "2020-01-01") == {"items": [], "page": 1, "total": 0}
assert expiring_contracts(many, "2024-01-01", 2)["items"][0]["id"] == 25
assert len(expiring_contracts(many, "2024-01-01", 3)["items"]) == 10
assert expiring_contracts(many, "2024-01-01", 3)["total"] == 60
