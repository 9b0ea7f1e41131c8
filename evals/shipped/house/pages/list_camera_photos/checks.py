few = [{"id": 12, "camera": "L7", "deleted": False}, {"id": 5, "camera": "L7", "deleted": True}, {"id": 3, "camera": "L7", "deleted": False}, {"id": 7, "camera": "K2", "deleted": False}]
many = [{"id": i, "camera": "L7", "deleted": False} for i in range(71)]
assert list_camera_photos(few, "L7") == {"items": [{"id": 3, "camera": "L7", "deleted": False}, {"id": 12, "camera": "L7", "deleted": False}], "page": 1, "total": 2}
assert len(list_camera_photos(many, "L7", 3)["items"]) == 21
assert len(list_camera_photos(many, "L7", 2)["items"]) == 25
assert list_camera_photos(many, "L7", 2)["items"][0]["id"] == 25
assert list_camera_photos(many, "L7", 2)["total"] == 71
assert list_camera_photos([], "L7", 4) == {"items": [], "page": 4, "total": 0}
