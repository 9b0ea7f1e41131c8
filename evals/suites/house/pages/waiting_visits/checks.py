rows = [{"id": 4, "patient": "Ola", "state": "new", "room": 1, "deleted": False}, {"id": 2, "patient": "Una", "state": "called", "room": 1, "deleted": False}, {"id": 3, "patient": "Ivo", "state": "done", "room": 1, "deleted": False}, {"id": 5, "patient": "Tom", "state": "new", "room": 2, "deleted": False}, {"id": 1, "patient": "Lea", "state": "new", "room": 1, "deleted": True}]
many = [{"id": i, "patient": "P", "state": "new", "room": 1, "deleted": False} for i in range(60)]
assert waiting_visits(rows, 1, ["done"]) == {"items": [{"id": 2, "label": "Una: called"}, {"id": 4, "label": "Ola: new"}], "page": 1, "total": 2}
assert waiting_visits(rows, 1, [])["total"] == 3
assert waiting_visits(rows, 1, ["done", "called", "new"]) == {"items": [], "page": 1, "total": 0}
assert waiting_visits(many, 1, ["done"], 2)["items"][0]["id"] == 25
assert len(waiting_visits(many, 1, ["done"], 3)["items"]) == 10
assert waiting_visits(many, 1, ["done"], 3)["total"] == 60
