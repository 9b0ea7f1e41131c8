def buy_ticket(body):
    errors = {}
    if not body.get("row"):
        errors["row"] = "required"
    if not body.get("zone"):
        errors["zone"] = "required"
    elif body["zone"] not in ("A", "B", "C"):
        errors["zone"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"row": body["row"], "zone": body["zone"]}}
