assert bicycle_rented({"id": "b4", "helmet": True}, {"id": 1}, {"id": 5, "email": "nora@n.no"}) == {"event": "bicycle.rented", "v": 2, "actor": 1, "subject": "b4", "data": {"email": "n***", "helmet": True}}
assert bicycle_rented({"id": "b5"}, {"id": 1}, {"id": 6, "email": "joe@n.no"}) == {"event": "bicycle.rented", "v": 2, "actor": 1, "subject": "b5", "data": {"email": "j***", "helmet": False}}
assert bicycle_rented({"id": "b5", "gears": 7}, {"id": 2}, {"id": 6, "email": "c@n.no", "name": "Cy"})["data"] == {"email": "c***", "helmet": False}
assert list(bicycle_rented({"id": "b5"}, {"id": 1}, {"id": 6, "email": "joe@n.no"})) == ["event", "v", "actor", "subject", "data"]
