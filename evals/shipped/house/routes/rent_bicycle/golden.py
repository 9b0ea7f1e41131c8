def rent_bicycle(body):
    errors = {}
    if not body.get("rider"):
        errors["rider"] = "required"
    if not body.get("frame"):
        errors["frame"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"rider": body["rider"], "frame": body["frame"]}}
