rows = [{"id": 6, "place": "Hill", "output": 0, "capacity": 3, "deleted": False}, {"id": 2, "place": "Dune", "output": 0, "capacity": 4, "deleted": False}, {"id": 3, "place": "Bay", "output": 2, "capacity": 9, "deleted": False}, {"id": 4, "place": "Moor", "output": 0, "capacity": 80, "deleted": True}]
many = [{"id": i, "place": "Sea", "output": 0, "capacity": 1, "deleted": False} for i in range(30)]
assert idle_windmills(rows) == {"items": [{"id": 2, "place": "Dune"}, {"id": 6, "place": "Hill"}], "page": 1, "total": 2, "lost": 7}
assert idle_windmills([]) == {"items": [], "page": 1, "total": 0, "lost": 0}
assert idle_windmills(many, 2)["lost"] == 30
assert idle_windmills(many, 2)["items"][0] == {"id": 25, "place": "Sea"}
assert len(idle_windmills(many, 2)["items"]) == 5
assert idle_windmills(many, 2)["total"] == 30
