rows = [{"id": 1, "plan": "gold", "ends": "2024-01-31", "deleted": False}, {"id": 2, "plan": "trial", "ends": "2024-09-09", "deleted": False}, {"id": 3, "plan": "gold", "ends": "2024-02-01", "deleted": False}, {"id": 4, "plan": "trial", "ends": "2024-01-01", "deleted": True}, {"id": 5, "plan": "gold", "ends": "2023-05-05", "deleted": True}]
many = [{"id": i, "plan": "trial", "ends": "2024-01-01", "deleted": False} for i in range(60)]
assert [row["id"] for row in subscriptions_to_call(rows, "2024-02-01")["items"]] == [2, 1]
assert subscriptions_to_call(rows, "2024-02-02")["total"] == 3
assert subscriptions_to_call([], "2024-02-02") == {"items": [], "page": 1, "total": 0}
assert subscriptions_to_call(many, "2023-01-01", 2)["items"][0]["id"] == 25
assert len(subscriptions_to_call(many, "2023-01-01", 3)["items"]) == 10
assert subscriptions_to_call(many, "2023-01-01", 3)["total"] == 60
