def plan_lesson(body):
    errors = {}
    if not body.get("minutes"):
        errors["minutes"] = "required"
    elif body["minutes"] > 45:
        errors["minutes"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"minutes": body["minutes"]}}
