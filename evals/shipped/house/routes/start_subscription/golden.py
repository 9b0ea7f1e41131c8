def start_subscription(body):
    errors = {}
    if not body.get("plan"):
        errors["plan"] = "required"
    elif body["plan"] not in ("basic", "plus"):
        errors["plan"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"plan": body["plan"]}}
