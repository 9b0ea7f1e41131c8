assert refund_issued({"id": 14, "amount": 20, "paid": 50, "email": "tom@mail.com"}, {"id": 2}) == {"event": "refund.issued", "v": 2, "actor": 2, "subject": 14, "data": {"amount": 20, "email": "t***", "partial": True}}
assert refund_issued({"id": 15, "amount": 50, "paid": 50, "email": "ann@mail.com"}, {"id": 2}) == {"event": "refund.issued", "v": 2, "actor": 2, "subject": 15, "data": {"amount": 50, "email": "a***", "partial": False}}
assert refund_issued({"id": 15, "amount": 49, "paid": 50, "email": "x@y.z"}, {"id": 2})["data"] == {"amount": 49, "email": "x***", "partial": True}
assert list(refund_issued({"id": 15, "amount": 49, "paid": 50, "email": "x@y.z"}, {"id": 2})) == ["event", "v", "actor", "subject", "data"]
