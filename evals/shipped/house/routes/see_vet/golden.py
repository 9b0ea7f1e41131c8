def see_vet(body):
    errors = {}
    if not body.get("pet"):
        errors["pet"] = "required"
    if not body.get("wing"):
        errors["wing"] = "required"
    elif body["wing"] not in ("east", "west"):
        errors["wing"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"pet": body["pet"], "wing": body["wing"]}}
