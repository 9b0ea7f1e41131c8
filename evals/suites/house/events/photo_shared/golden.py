def photo_shared(photo, actor, friend):
    return {
        "event": "photo.shared",
        "v": 2,
        "actor": actor["id"],
        "subject": photo["id"],
        "data": {
            "album": photo["album"],
            "email": friend["email"][0] + "***",
            "name": friend["name"][0] + ".",
        },
    }
