rows = [{"id": 1, "price": 900, "sold": False, "deleted": False}, {"id": 2, "price": 500, "sold": False, "deleted": False}, {"id": 3, "price": 700, "sold": True, "deleted": False}, {"id": 4, "price": 901, "sold": False, "deleted": False}, {"id": 5, "price": 600, "sold": False, "deleted": True}]
many = [{"id": i, "price": 100 + i, "sold": False, "deleted": False} for i in range(60)]
assert [row["id"] for row in vehicles_in_budget(rows, 500, 900)["items"]] == [2, 1]
assert vehicles_in_budget(rows, 501, 899) == {"items": [], "page": 1, "total": 0}
assert vehicles_in_budget(rows, 0, 1000)["total"] == 3
assert vehicles_in_budget(many, 100, 200, 2)["items"][0]["id"] == 25
assert len(vehicles_in_budget(many, 100, 200, 3)["items"]) == 10
assert vehicles_in_budget(many, 100, 200, 3)["total"] == 60
