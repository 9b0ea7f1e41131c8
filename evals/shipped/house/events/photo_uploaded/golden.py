def photo_uploaded(photo, actor):
    return {
        "event": "photo.uploaded",
        "v": 2,
        "actor": actor["id"],
        "subject": photo["id"],
        "data": {"filename": photo["filename"], "width": photo["width"], "height": photo["height"]},
    }
