rows = [{"id": 1, "minutes": 30, "ingredients": ["egg", "leek"], "deleted": False}, {"id": 2, "minutes": 10, "ingredients": ["egg"], "deleted": False}, {"id": 3, "minutes": 31, "ingredients": ["egg"], "deleted": False}, {"id": 4, "minutes": 5, "ingredients": ["leek"], "deleted": False}, {"id": 5, "minutes": 4, "ingredients": ["egg"], "deleted": True}]
many = [{"id": i, "minutes": 15, "ingredients": ["rice"], "deleted": False} for i in range(60)]
assert [row["id"] for row in quick_recipes(rows, "egg")["items"]] == [2, 1]
assert [row["id"] for row in quick_recipes(rows, "leek")["items"]] == [4, 1]
assert quick_recipes(rows, "plum") == {"items": [], "page": 1, "total": 0}
assert quick_recipes(rows, "egg")["total"] == 2
assert len(quick_recipes(many, "rice", 3)["items"]) == 10
assert quick_recipes(many, "rice", 2)["items"][0]["id"] == 25
assert quick_recipes(many, "rice", 2)["total"] == 60
