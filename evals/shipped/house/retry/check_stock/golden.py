def check_stock(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except KeyError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "inventory_unavailable"}
