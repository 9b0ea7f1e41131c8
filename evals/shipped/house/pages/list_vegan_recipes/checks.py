few = [{"id": 13, "diet": "vegan", "deleted": False}, {"id": 5, "diet": "vegan", "deleted": True}, {"id": 3, "diet": "vegan", "deleted": False}, {"id": 7, "diet": "meat", "deleted": False}]
many = [{"id": i, "diet": "vegan", "deleted": False} for i in range(65)]
assert list_vegan_recipes(few) == {"items": [{"id": 3, "diet": "vegan", "deleted": False}, {"id": 13, "diet": "vegan", "deleted": False}], "page": 1, "total": 2}
assert len(list_vegan_recipes(many, 3)["items"]) == 15
assert len(list_vegan_recipes(many, 2)["items"]) == 25
assert list_vegan_recipes(many, 2)["items"][0]["id"] == 25
assert list_vegan_recipes(many, 2)["total"] == 65
assert list_vegan_recipes([], 4) == {"items": [], "page": 4, "total": 0}
