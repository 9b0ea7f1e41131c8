rows = [{"id": 9, "born": "1940-01-01", "deleted": False}, {"id": 4, "born": "1949-12-31", "deleted": False}, {"id": 5, "born": "1950-01-01", "deleted": False}, {"id": 6, "born": "1930-03-03", "deleted": True}]
many = [{"id": 59 - i, "born": "1944-04-04", "deleted": False} for i in range(60)]
assert [row["id"] for row in patients_born_before(rows, "1950-01-01")["items"]] == [4, 9]
assert patients_born_before(rows, "1950-01-01")["total"] == 2
assert patients_born_before(rows, "1900-01-01") == {"items": [], "page": 1, "total": 0}
assert patients_born_before(many, "1950-01-01", 2)["items"][0]["id"] == 25
assert len(patients_born_before(many, "1950-01-01", 3)["items"]) == 10
assert patients_born_before(many, "1950-01-01", 3)["total"] == 60
