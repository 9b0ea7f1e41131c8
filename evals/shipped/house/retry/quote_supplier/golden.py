def quote_supplier(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["cost"]}
        except OSError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "catalogue_unavailable"}
