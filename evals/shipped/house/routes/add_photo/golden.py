def add_photo(body):
    errors = {}
    if not body.get("file"):
        errors["file"] = "required"
    if not body.get("tag"):
        errors["tag"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"file": body["file"], "tag": body["tag"]}}
