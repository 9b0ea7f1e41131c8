assert photo_shared({"id": 2, "album": "Alps"}, {"id": 10}, {"id": 11, "email": "gus@a.fr", "name": "Gustav"}) == {"event": "photo.shared", "v": 2, "actor": 10, "subject": 2, "data": {"album": "Alps", "email": "g***", "name": "G."}}
assert photo_shared({"id": 3, "album": "Sea", "size": 4}, {"id": 10}, {"email": "info@b.fr", "name": "Pia"}) == {"event": "photo.shared", "v": 2, "actor": 10, "subject": 3, "data": {"album": "Sea", "email": "i***", "name": "P."}}
assert photo_shared({"id": 3, "album": "Sea"}, {"id": 12, "name": "Zoe", "email": "z@z.z"}, {"email": "k@b.fr", "name": "Kai"})["data"] == {"album": "Sea", "email": "k***", "name": "K."}
assert list(photo_shared({"id": 3, "album": "Sea"}, {"id": 12}, {"email": "k@b.fr", "name": "Kai"})) == ["event", "v", "actor", "subject", "data"]
