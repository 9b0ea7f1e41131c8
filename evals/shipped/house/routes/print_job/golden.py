def print_job(body):
    errors = {}
    if not body.get("pages"):
        errors["pages"] = "required"
    elif body["pages"] > 80:
        errors["pages"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"pages": body["pages"]}}
