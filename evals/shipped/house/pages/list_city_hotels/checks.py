few = [{"id": 11, "city": "Oslo", "deleted": False}, {"id": 5, "city": "Oslo", "deleted": True}, {"id": 2, "city": "Oslo", "deleted": False}, {"id": 7, "city": "Bergen", "deleted": False}]
many = [{"id": i, "city": "Oslo", "deleted": False} for i in range(71)]
assert list_city_hotels(few, "Oslo") == {"items": [{"id": 2, "city": "Oslo", "deleted": False}, {"id": 11, "city": "Oslo", "deleted": False}], "page": 1, "total": 2}
assert len(list_city_hotels(many, "Oslo", 3)["items"]) == 21
assert len(list_city_hotels(many, "Oslo", 2)["items"]) == 25
assert list_city_hotels(many, "Oslo", 2)["items"][0]["id"] == 25
assert list_city_hotels(many, "Oslo", 2)["total"] == 71
assert list_city_hotels([], "Oslo", 4) == {"items": [], "page": 4, "total": 0}
