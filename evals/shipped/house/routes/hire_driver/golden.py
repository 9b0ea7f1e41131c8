def hire_driver(body):
    errors = {}
    if not body.get("licence"):
        errors["licence"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"licence": body["licence"]}}
