def book_table(body):
    errors = {}
    if not body.get("night"):
        errors["night"] = "required"
    if not body.get("guests"):
        errors["guests"] = "required"
    elif body["guests"] > 12:
        errors["guests"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"night": body["night"], "guests": body["guests"]}}
