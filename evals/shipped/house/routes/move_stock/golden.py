def move_stock(body):
    errors = {}
    if not body.get("sku"):
        errors["sku"] = "required"
    if not body.get("bay"):
        errors["bay"] = "required"
    elif body["bay"] not in ("dry", "cold"):
        errors["bay"] = "not_allowed"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"sku": body["sku"], "bay": body["bay"]}}
