def add_episode(body):
    errors = {}
    if not body.get("clip"):
        errors["clip"] = "required"
    if not body.get("host"):
        errors["host"] = "required"
    if not body.get("mic"):
        errors["mic"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"clip": body["clip"], "host": body["host"], "mic": body["mic"]}}
