few = [{"id": 9, "stars": 4, "deleted": False}, {"id": 5, "stars": 4, "deleted": True}, {"id": 2, "stars": 4, "deleted": False}, {"id": 7, "stars": 3, "deleted": False}]
many = [{"id": i, "stars": 4, "deleted": False} for i in range(56)]
assert list_good_reviews(few) == {"items": [{"id": 2, "stars": 4, "deleted": False}, {"id": 9, "stars": 4, "deleted": False}], "page": 1, "total": 2}
assert len(list_good_reviews(many, 3)["items"]) == 6
assert len(list_good_reviews(many, 2)["items"]) == 25
assert list_good_reviews(many, 2)["items"][0]["id"] == 25
assert list_good_reviews(many, 2)["total"] == 56
assert list_good_reviews([], 4) == {"items": [], "page": 4, "total": 0}
