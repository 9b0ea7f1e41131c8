def order_bread(body):
    errors = {}
    if not body.get("loaf"):
        errors["loaf"] = "required"
    elif body["loaf"] not in ("rye", "spelt", "oat"):
        errors["loaf"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"loaf": body["loaf"]}}
