def load_ferry(body):
    errors = {}
    if not body.get("deck"):
        errors["deck"] = "required"
    if not body.get("cars"):
        errors["cars"] = "required"
    elif body["cars"] > 140:
        errors["cars"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"deck": body["deck"], "cars": body["cars"]}}
