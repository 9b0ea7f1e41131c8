def place_bid(body):
    errors = {}
    if not body.get("lot"):
        errors["lot"] = "required"
    if not body.get("bid"):
        errors["bid"] = "required"
    elif body["bid"] > 5000:
        errors["bid"] = "too_large"
    if errors:
        return {"status": 400, "errors": errors}
    return {"status": 200, "data": {"lot": body["lot"], "bid": body["bid"]}}
