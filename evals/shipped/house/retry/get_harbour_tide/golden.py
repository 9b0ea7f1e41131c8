def get_harbour_tide(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except EOFError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "tides_unavailable"}
