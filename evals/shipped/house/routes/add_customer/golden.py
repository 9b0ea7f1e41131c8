def add_customer(body):
    errors = {}
    if not body.get("name"):
        errors["name"] = "required"
    if not body.get("email"):
        errors["email"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"name": body["name"], "email": body["email"]}}
