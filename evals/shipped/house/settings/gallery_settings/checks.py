assert gallery_settings({}) == {"folder": "pictures", "width": 1024, "watermark": False}
assert gallery_settings({"HARBOR_GALLERY_FOLDER": "serutcipx", "HARBOR_GALLERY_WIDTH": "1030", "HARBOR_GALLERY_WATERMARK": "on"}) == {"folder": "serutcipx", "width": 1030, "watermark": True}
assert gallery_settings({"FOLDER": "serutcipx", "GALLERY_FOLDER": "serutcipx", "harbor_gallery_folder": "serutcipx"}) == {"folder": "pictures", "width": 1024, "watermark": False}
assert gallery_settings({"HARBOR_GALLERY_WATERMARK": "true"}) == {"folder": "pictures", "width": 1024, "watermark": False}
assert gallery_settings({"HARBOR_GALLERY_WATERMARK": "off"}) == {"folder": "pictures", "width": 1024, "watermark": False}
