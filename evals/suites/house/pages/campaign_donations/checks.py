rows = [{"id": 1, "campaign": "bees", "amount": 50, "deleted": False}, {"id": 2, "campaign": "bees", "amount": 80, "deleted": False}, {"id": 3, "campaign": "bees", "amount": 49, "deleted": False}, {"id": 4, "campaign": "owls", "amount": 90, "deleted": False}, {"id": 5, "campaign": "bees", "amount": 700, "deleted": True}]
many = [{"id": i, "campaign": "bees", "amount": 100, "deleted": False} for i in range(30)]
assert [row["id"] for row in campaign_donations(rows, "bees", 50)["items"]] == [2, 1]
assert campaign_donations(rows, "bees", 50)["raised"] == 130
assert campaign_donations(rows, "bees", 50)["total"] == 2
assert campaign_donations(rows, "cats", 1) == {"items": [], "page": 1, "total": 0, "raised": 0}
assert campaign_donations(many, "bees", 1, 2)["raised"] == 3000
assert campaign_donations(many, "bees", 1, 2)["items"][0]["id"] == 25
assert campaign_donations(many, "bees", 1, 2)["total"] == 30
