assert invoice_paid({"id": 81, "amount": 120, "method": "card", "due": "May"}, {"id": 7, "name": "Ada"}) == {"event": "invoice.paid", "v": 2, "actor": 7, "subject": 81, "data": {"amount": 120, "method": "card"}}
assert invoice_paid({"id": "i9", "amount": 0, "method": "cash"}, {"id": "u1"}) == {"event": "invoice.paid", "v": 2, "actor": "u1", "subject": "i9", "data": {"amount": 0, "method": "cash"}}
assert list(invoice_paid({"id": 1, "amount": 5, "method": "bank"}, {"id": 2})) == ["event", "v", "actor", "subject", "data"]
assert invoice_paid({"id": 1, "amount": 5, "method": "bank"}, {"id": 2})["data"] == {"amount": 5, "method": "bank"}
