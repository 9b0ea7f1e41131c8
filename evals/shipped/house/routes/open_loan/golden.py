def open_loan(body):
    errors = {}
    if not body.get("isbn"):
        errors["isbn"] = "required"
    if not body.get("due"):
        errors["due"] = "required"
    if not body.get("desk"):
        errors["desk"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"isbn": body["isbn"], "due": body["due"], "desk": body["desk"]}}
