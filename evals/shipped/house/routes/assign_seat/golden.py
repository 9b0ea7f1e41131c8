def assign_seat(body):
    errors = {}
    if not body.get("gate"):
        errors["gate"] = "required"
    if not body.get("seat"):
        errors["seat"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"gate": body["gate"], "seat": body["seat"]}}
