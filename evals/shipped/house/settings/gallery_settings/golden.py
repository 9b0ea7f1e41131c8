def gallery_settings(env):
    return {
        "folder": env.get("HARBOR_GALLERY_FOLDER", "pictures"),
        "width": int(env.get("HARBOR_GALLERY_WIDTH", "1024")),
        "watermark": env.get("HARBOR_GALLERY_WATERMARK", "off") == "on",
    }
