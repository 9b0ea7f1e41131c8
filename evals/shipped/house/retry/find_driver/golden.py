def find_driver(call, sleep, zone):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(zone)}
        except ValueError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "roster_unavailable"}
