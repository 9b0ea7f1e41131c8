def file_claim(body):
    errors = {}
    if not body.get("damage"):
        errors["damage"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"damage": body["damage"]}}
