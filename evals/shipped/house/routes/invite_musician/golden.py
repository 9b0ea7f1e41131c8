def invite_musician(body):
    errors = {}
    if not body.get("musician"):
        errors["musician"] = "required"
    if not body.get("instrument"):
        errors["instrument"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"musician": body["musician"], "instrument": body["instrument"]}}
