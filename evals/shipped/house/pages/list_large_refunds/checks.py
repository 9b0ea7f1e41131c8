few = [{"id": 10, "amount": 200, "deleted": False}, {"id": 5, "amount": 200, "deleted": True}, {"id": 3, "amount": 200, "deleted": False}, {"id": 7, "amount": 199, "deleted": False}]
many = [{"id": i, "amount": 200, "deleted": False} for i in range(59)]
assert list_large_refunds(few) == {"items": [{"id": 3, "amount": 200, "deleted": False}, {"id": 10, "amount": 200, "deleted": False}], "page": 1, "total": 2}
assert len(list_large_refunds(many, 3)["items"]) == 9
assert len(list_large_refunds(many, 2)["items"]) == 25
assert list_large_refunds(many, 2)["items"][0]["id"] == 25
assert list_large_refunds(many, 2)["total"] == 59
assert list_large_refunds([], 4) == {"items": [], "page": 4, "total": 0}
