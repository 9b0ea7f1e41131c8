rows = [{"id": 9, "depot": "North", "arrived": None, "promised": 10, "deleted": False}, {"id": 3, "depot": "North", "arrived": None, "promised": 13, "deleted": False}, {"id": 4, "depot": "North", "arrived": 12, "promised": 10, "deleted": False}, {"id": 6, "depot": "North", "arrived": None, "promised": 14, "deleted": False}, {"id": 7, "depot": "South", "arrived": None, "promised": 2, "deleted": False}, {"id": 5, "depot": "North", "arrived": None, "promised": 1, "deleted": True}]
many = [{"id": i, "depot": "North", "arrived": None, "promised": 3, "deleted": False} for i in range(60)]
assert late_shipments(rows, "North", 14) == {"items": [{"id": 3, "days": 1}, {"id": 9, "days": 4}], "page": 1, "total": 2}
assert late_shipments(rows, "South", 2) == {"items": [], "page": 1, "total": 0}
assert late_shipments(many, "North", 5, 2)["items"][0] == {"id": 25, "days": 2}
assert len(late_shipments(many, "North", 5, 3)["items"]) == 10
assert late_shipments(many, "North", 5, 3)["total"] == 60
