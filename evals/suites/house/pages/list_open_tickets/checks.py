many = [{"id": i, "state": "open", "urgency": 100 - i, "deleted": False} for i in range(60)]
a = {"id": 1, "state": "open", "urgency": 2, "deleted": False}
b = {"id": 2, "state": "closed", "urgency": 9, "deleted": False}
c = {"id": 3, "state": "open", "urgency": 5, "deleted": False}
d = {"id": 4, "state": "open", "urgency": 7, "deleted": True}
assert list_open_tickets([a, b]) == {"items": [{"id": 1, "state": "open", "urgency": 2, "deleted": False}], "page": 1, "total": 1}
assert [row["id"] for row in list_open_tickets([a, b, c, d])["items"]] == [3, 1]
assert list_open_tickets([a, b, c, d])["total"] == 2
assert len(list_open_tickets(many, 3)["items"]) == 10
assert list_open_tickets(many, 2)["items"][0]["id"] == 25
assert list_open_tickets(many, 4) == {"items": [], "page": 4, "total": 60}
