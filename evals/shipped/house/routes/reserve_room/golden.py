def reserve_room(body):
    errors = {}
    if not body.get("nights"):
        errors["nights"] = "required"
    elif body["nights"] > 21:
        errors["nights"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"nights": body["nights"]}}
