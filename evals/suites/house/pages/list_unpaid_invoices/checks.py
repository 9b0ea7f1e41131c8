many = [{"id": i, "paid": False, "amount": 10, "deleted": False} for i in range(40)]
few = [{"id": 8, "paid": False, "amount": 30, "deleted": False}, {"id": 2, "paid": False, "amount": 12, "deleted": False}, {"id": 3, "paid": True, "amount": 99, "deleted": False}, {"id": 4, "paid": False, "amount": 500, "deleted": True}]
assert list_unpaid_invoices([]) == {"items": [], "page": 1, "total": 0, "due": 0}
assert [row["id"] for row in list_unpaid_invoices(few)["items"]] == [2, 8]
assert list_unpaid_invoices(few)["due"] == 42
assert list_unpaid_invoices(many)["due"] == 400
assert len(list_unpaid_invoices(many, 2)["items"]) == 15
assert list_unpaid_invoices(many, 2)["page"] == 2
assert list_unpaid_invoices(many, 2)["total"] == 40
