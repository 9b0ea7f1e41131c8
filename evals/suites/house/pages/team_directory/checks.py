rows = [{"id": 1, "team": "it", "first": "Per", "last": "Lund", "phone": "11", "deleted": False}, {"id": 2, "team": "it", "first": "Eva", "last": "Lund", "phone": "12", "deleted": False}, {"id": 3, "team": "hr", "first": "Max", "last": "Abel", "phone": "13", "deleted": False}, {"id": 4, "team": "it", "first": "Bo", "last": "Aas", "phone": "14", "deleted": True}]
many = [{"id": i, "team": "it", "first": "A", "last": "B", "phone": str(i), "deleted": False} for i in range(60)]
assert team_directory(rows, "it") == {"items": [{"first": "Eva", "last": "Lund", "phone": "12"}, {"first": "Per", "last": "Lund", "phone": "11"}], "page": 1, "total": 2}
assert team_directory(rows, "law") == {"items": [], "page": 1, "total": 0}
assert team_directory(rows, "hr")["total"] == 1
assert team_directory(many, "it", 2)["items"][0] == {"first": "A", "last": "B", "phone": "25"}
assert len(team_directory(many, "it", 3)["items"]) == 10
assert team_directory(many, "it", 3)["total"] == 60
