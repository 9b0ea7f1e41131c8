rows = [{"id": 6, "temperature": 36, "deleted": False}, {"id": 2, "temperature": 4, "deleted": False}, {"id": 3, "temperature": 35, "deleted": False}, {"id": 4, "temperature": 5, "deleted": False}, {"id": 5, "temperature": 60, "deleted": True}]
many = [{"id": i, "temperature": 70 - i, "deleted": False} for i in range(30)]
assert [row["id"] for row in greenhouse_alarms(rows)["items"]] == [2, 6]
assert greenhouse_alarms(rows)["hottest"] == 36
assert greenhouse_alarms(rows)["total"] == 2
assert greenhouse_alarms([]) == {"items": [], "page": 1, "total": 0, "hottest": None}
assert greenhouse_alarms(many, 2)["hottest"] == 70
assert len(greenhouse_alarms(many, 2)["items"]) == 5
assert greenhouse_alarms(many, 2)["total"] == 30
