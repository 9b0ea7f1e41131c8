def unlock_bicycle(call, sleep, code):
    for attempt in range(4):
        try:
            value = call(code)
            if value:
                return {"ok": True, "value": value}
        except TimeoutError:
            pass
        sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "lock_unavailable"}
