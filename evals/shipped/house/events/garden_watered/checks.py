assert garden_watered({"id": "g17", "litres": 40}, {"id": "u15"}) == {"event": "garden.watered", "v": 2, "actor": "u15", "subject": "g17", "data": {"litres": 40}}
assert garden_watered({"id": 498, "litres": 7.5, "note": "internal"}, {"id": 45, "name": "Kit"}) == {"event": "garden.watered", "v": 2, "actor": 45, "subject": 498, "data": {"litres": 7.5}}
assert garden_watered({"id": "gar-16", "litres": 0}, {"id": "staff-14"}) == {"event": "garden.watered", "v": 2, "actor": "staff-14", "subject": "gar-16", "data": {"litres": 0}}
