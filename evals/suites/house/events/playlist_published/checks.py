assert playlist_published({"id": 3, "title": "Rain", "tracks": ["a", "b", "c"]}, {"id": 9}) == {"event": "playlist.published", "v": 2, "actor": 9, "subject": 3, "data": {"title": "Rain", "tracks": 3}}
assert playlist_published({"id": 4, "title": "Void", "tracks": [], "public": True}, {"id": 9}) == {"event": "playlist.published", "v": 2, "actor": 9, "subject": 4, "data": {"title": "Void", "tracks": 0}}
assert playlist_published({"id": 5, "title": "One", "tracks": ["x"]}, {"id": 8, "name": "Kim"})["actor"] == 8
assert list(playlist_published({"id": 5, "title": "One", "tracks": ["x"]}, {"id": 8})) == ["event", "v", "actor", "subject", "data"]
