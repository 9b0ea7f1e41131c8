rows = [{"id": 1, "title": "Weaving", "level": "A", "deleted": False}, {"id": 2, "title": "Botany", "level": "B", "deleted": False}, {"id": 3, "title": "Chess", "level": "C", "deleted": False}, {"id": 4, "title": "Algebra", "level": "A", "deleted": True}]
many = [{"id": i, "title": "T" + str(10 + i), "level": "A", "deleted": False} for i in range(60)]
assert [row["title"] for row in courses_by_level(rows, ["A", "B"])["items"]] == ["Botany", "Weaving"]
assert courses_by_level(rows, ["C"]) == {"items": [{"id": 3, "title": "Chess", "level": "C", "deleted": False}], "page": 1, "total": 1}
assert courses_by_level(rows, []) == {"items": [], "page": 1, "total": 0}
assert courses_by_level(many, ["A"], 2)["items"][0]["title"] == "T35"
assert len(courses_by_level(many, ["A"], 3)["items"]) == 10
assert courses_by_level(many, ["A"], 3)["total"] == 60
