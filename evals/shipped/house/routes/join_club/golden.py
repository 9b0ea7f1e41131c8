def join_club(body):
    errors = {}
    if not body.get("member"):
        errors["member"] = "required"
    if not body.get("branch"):
        errors["branch"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"member": body["member"], "branch": body["branch"]}}
