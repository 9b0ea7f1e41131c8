few = [{"id": 2, "slot": "evening", "title": "c", "deleted": False}, {"id": 5, "slot": "evening", "title": "b", "deleted": True}, {"id": 13, "slot": "evening", "title": "a", "deleted": False}, {"id": 7, "slot": "noon", "title": "b", "deleted": False}]
many = [{"id": i, "slot": "evening", "title": f"n{900 - i}", "deleted": False} for i in range(59)]
assert list_evening_courses(few) == {"items": [{"id": 13, "slot": "evening", "title": "a", "deleted": False}, {"id": 2, "slot": "evening", "title": "c", "deleted": False}], "page": 1, "total": 2}
assert len(list_evening_courses(many, 3)["items"]) == 9
assert len(list_evening_courses(many, 2)["items"]) == 25
assert list_evening_courses(many, 2)["items"][0]["id"] == 33
assert list_evening_courses(many, 2)["total"] == 59
assert list_evening_courses([], 4) == {"items": [], "page": 4, "total": 0}
