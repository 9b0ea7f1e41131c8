def save_recipe(body):
    errors = {}
    if not body.get("title"):
        errors["title"] = "required"
    if not body.get("steps"):
        errors["steps"] = "required"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"title": body["title"], "steps": body["steps"]}}
