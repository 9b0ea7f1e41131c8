def order_lunch(body):
    errors = {}
    if not body.get("diet"):
        errors["diet"] = "required"
    elif body["diet"] not in ("vegan", "meat"):
        errors["diet"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"diet": body["diet"]}}
