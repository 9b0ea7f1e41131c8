rows = [{"id": 1, "name": "Rain", "followers": 3, "public": True, "deleted": False}, {"id": 2, "name": "Sun", "followers": 8, "public": True, "deleted": False}, {"id": 3, "name": "Mine", "followers": 9, "public": False, "deleted": False}, {"id": 4, "name": "Gone", "followers": 70, "public": True, "deleted": True}]
many = [{"id": i, "name": "P", "followers": 200 - i, "public": True, "deleted": False} for i in range(51)]
assert public_playlists(rows) == {"items": [{"id": 2, "name": "Sun", "followers": 8}, {"id": 1, "name": "Rain", "followers": 3}], "page": 1, "total": 2}
assert public_playlists(rows, 2) == {"items": [], "page": 2, "total": 2}
assert public_playlists(many, 2)["items"][0] == {"id": 25, "name": "P", "followers": 175}
assert public_playlists(many, 3)["items"] == [{"id": 50, "name": "P", "followers": 150}]
assert public_playlists(many, 3)["total"] == 51
