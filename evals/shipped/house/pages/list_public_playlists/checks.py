few = [{"id": 3, "visibility": "public", "name": "c", "deleted": False}, {"id": 5, "visibility": "public", "name": "b", "deleted": True}, {"id": 9, "visibility": "public", "name": "a", "deleted": False}, {"id": 7, "visibility": "private", "name": "b", "deleted": False}]
many = [{"id": i, "visibility": "public", "name": f"n{900 - i}", "deleted": False} for i in range(62)]
assert list_public_playlists(few) == {"items": [{"id": 9, "visibility": "public", "name": "a", "deleted": False}, {"id": 3, "visibility": "public", "name": "c", "deleted": False}], "page": 1, "total": 2}
assert len(list_public_playlists(many, 3)["items"]) == 12
assert len(list_public_playlists(many, 2)["items"]) == 25
assert list_public_playlists(many, 2)["items"][0]["id"] == 36
assert list_public_playlists(many, 2)["total"] == 62
assert list_public_playlists([], 4) == {"items": [], "page": 4, "total": 0}
