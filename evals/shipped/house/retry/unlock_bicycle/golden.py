def unlock_bicycle(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except OSError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "lock_unavailable"}
