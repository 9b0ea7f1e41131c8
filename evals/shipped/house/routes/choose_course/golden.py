def choose_course(body):
    errors = {}
    if not body.get("credits"):
        errors["credits"] = "required"
    elif body["credits"] > 6:
        errors["credits"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"credits": body["credits"]}}
