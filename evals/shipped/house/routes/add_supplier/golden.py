def add_supplier(body):
    errors = {}
    if not body.get("firm"):
        errors["firm"] = "required"
    if not body.get("phone"):
        errors["phone"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"firm": body["firm"], "phone": body["phone"]}}
