def record_donation(body):
    errors = {}
    if not body.get("donor"):
        errors["donor"] = "required"
    if not body.get("amount"):
        errors["amount"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"donor": body["donor"], "amount": body["amount"]}}
