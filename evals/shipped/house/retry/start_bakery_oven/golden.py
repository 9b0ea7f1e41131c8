def start_bakery_oven(call, sleep):
    for attempt in range(2):
        try:
            return {"ok": True, "value": call()}
        except IndexError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "oven_unavailable"}
