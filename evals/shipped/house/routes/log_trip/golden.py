def log_trip(body):
    errors = {}
    if not body.get("plate"):
        errors["plate"] = "required"
    if not body.get("km"):
        errors["km"] = "required"
    elif body["km"] > 900:
        errors["km"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"plate": body["plate"], "km": body["km"]}}
