few = [{"id": 10, "status": "unpaid", "deleted": False}, {"id": 5, "status": "unpaid", "deleted": True}, {"id": 3, "status": "unpaid", "deleted": False}, {"id": 7, "status": "settled", "deleted": False}]
many = [{"id": i, "status": "unpaid", "deleted": False} for i in range(56)]
assert list_unpaid_invoices(few) == {"items": [{"id": 3, "status": "unpaid", "deleted": False}, {"id": 10, "status": "unpaid", "deleted": False}], "page": 1, "total": 2}
assert len(list_unpaid_invoices(many, 3)["items"]) == 6
assert len(list_unpaid_invoices(many, 2)["items"]) == 25
assert list_unpaid_invoices(many, 2)["items"][0]["id"] == 25
assert list_unpaid_invoices(many, 2)["total"] == 56
assert list_unpaid_invoices([], 4) == {"items": [], "page": 4, "total": 0}
