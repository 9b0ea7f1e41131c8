def create_invoice(body):
    errors = {}
    if not body.get("payer"):
        errors["payer"] = "required"
    if not body.get("total"):
        errors["total"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"payer": body["payer"], "total": body["total"]}}
