def upload_photo(call, sleep):
    for attempt in range(3):
        try:
            return {"ok": True, "value": call()}
        except PermissionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "gallery_unavailable"}
