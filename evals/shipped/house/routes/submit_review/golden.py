def submit_review(body):
    errors = {}
    if not body.get("text"):
        errors["text"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"text": body["text"]}}
