few = [{"id": 4, "rhythm": "weekly", "host": "c", "deleted": False}, {"id": 5, "rhythm": "weekly", "host": "b", "deleted": True}, {"id": 10, "rhythm": "weekly", "host": "a", "deleted": False}, {"id": 7, "rhythm": "daily", "host": "b", "deleted": False}]
many = [{"id": i, "rhythm": "weekly", "host": f"n{900 - i}", "deleted": False} for i in range(68)]
assert list_weekly_podcasts(few) == {"items": [{"id": 10, "rhythm": "weekly", "host": "a", "deleted": False}, {"id": 4, "rhythm": "weekly", "host": "c", "deleted": False}], "page": 1, "total": 2}
assert len(list_weekly_podcasts(many, 3)["items"]) == 18
assert len(list_weekly_podcasts(many, 2)["items"]) == 25
assert list_weekly_podcasts(many, 2)["items"][0]["id"] == 42
assert list_weekly_podcasts(many, 2)["total"] == 68
assert list_weekly_podcasts([], 4) == {"items": [], "page": 4, "total": 0}
