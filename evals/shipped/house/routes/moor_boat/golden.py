def moor_boat(body):
    errors = {}
    if not body.get("boat"):
        errors["boat"] = "required"
    if not body.get("berth"):
        errors["berth"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"boat": body["boat"], "berth": body["berth"]}}
