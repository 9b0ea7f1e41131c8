few = [{"id": 4, "standing": "overdue", "days": 20, "deleted": False}, {"id": 5, "standing": "overdue", "days": 15, "deleted": True}, {"id": 10, "standing": "overdue", "days": 10, "deleted": False}, {"id": 7, "standing": "fine", "days": 15, "deleted": False}]
many = [{"id": i, "standing": "overdue", "days": 900 - i, "deleted": False} for i in range(65)]
assert list_overdue_loans(few) == {"items": [{"id": 10, "standing": "overdue", "days": 10, "deleted": False}, {"id": 4, "standing": "overdue", "days": 20, "deleted": False}], "page": 1, "total": 2}
assert len(list_overdue_loans(many, 3)["items"]) == 15
assert len(list_overdue_loans(many, 2)["items"]) == 25
assert list_overdue_loans(many, 2)["items"][0]["id"] == 39
assert list_overdue_loans(many, 2)["total"] == 65
assert list_overdue_loans([], 4) == {"items": [], "page": 4, "total": 0}
