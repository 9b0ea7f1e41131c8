def register_parcel(body):
    errors = {}
    if not body.get("recipient"):
        errors["recipient"] = "required"
    if not body.get("street"):
        errors["street"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"recipient": body["recipient"], "street": body["street"]}}
