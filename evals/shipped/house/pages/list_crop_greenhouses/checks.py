few = [{"id": 12, "crop": "basil", "deleted": False}, {"id": 5, "crop": "basil", "deleted": True}, {"id": 3, "crop": "basil", "deleted": False}, {"id": 7, "crop": "mint", "deleted": False}]
many = [{"id": i, "crop": "basil", "deleted": False} for i in range(53)]
assert list_crop_greenhouses(few, "basil") == {"items": [{"id": 3, "crop": "basil", "deleted": False}, {"id": 12, "crop": "basil", "deleted": False}], "page": 1, "total": 2}
assert len(list_crop_greenhouses(many, "basil", 3)["items"]) == 3
assert len(list_crop_greenhouses(many, "basil", 2)["items"]) == 25
assert list_crop_greenhouses(many, "basil", 2)["items"][0]["id"] == 25
assert list_crop_greenhouses(many, "basil", 2)["total"] == 53
assert list_crop_greenhouses([], "basil", 4) == {"items": [], "page": 4, "total": 0}
