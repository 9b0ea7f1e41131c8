few = [{"id": 11, "tier": "gold", "deleted": False}, {"id": 5, "tier": "gold", "deleted": True}, {"id": 4, "tier": "gold", "deleted": False}, {"id": 7, "tier": "silver", "deleted": False}]
many = [{"id": i, "tier": "gold", "deleted": False} for i in range(59)]
assert list_gold_customers(few) == {"items": [{"id": 4, "tier": "gold", "deleted": False}, {"id": 11, "tier": "gold", "deleted": False}], "page": 1, "total": 2}
assert len(list_gold_customers(many, 3)["items"]) == 9
assert len(list_gold_customers(many, 2)["items"]) == 25
assert list_gold_customers(many, 2)["items"][0]["id"] == 25
assert list_gold_customers(many, 2)["total"] == 59
assert list_gold_customers([], 4) == {"items": [], "page": 4, "total": 0}
