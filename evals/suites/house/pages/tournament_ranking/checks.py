rows = [{"id": 1, "name": "Reds", "group": "A", "points": 6, "played": 3, "deleted": False}, {"id": 2, "name": "Blues", "group": "A", "points": 6, "played": 3, "deleted": False}, {"id": 3, "name": "Owls", "group": "A", "points": 9, "played": 1, "deleted": False}, {"id": 4, "name": "Cats", "group": "B", "points": 4, "played": 2, "deleted": False}, {"id": 5, "name": "Ants", "group": "A", "points": 0, "played": 0, "deleted": False}, {"id": 6, "name": "Bats", "group": "A", "points": 7, "played": 3, "deleted": True}]
many = [{"id": i, "name": "T", "group": "C", "points": 80 - i, "played": 9, "deleted": False} for i in range(60)]
assert [row["name"] for row in tournament_ranking(rows, "A")["items"]] == ["Owls", "Blues", "Reds"]
assert tournament_ranking(rows, "A")["total"] == 3
assert tournament_ranking(rows, "D") == {"items": [], "page": 1, "total": 0}
assert tournament_ranking(many, "C", 2)["items"][0]["id"] == 25
assert len(tournament_ranking(many, "C", 3)["items"]) == 10
assert tournament_ranking(many, "C", 3)["total"] == 60
