def vehicle_owner(call, sleep, plate):
    for attempt in range(2):
        try:
            return {"ok": True, "value": call(plate.upper())}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "register_unavailable"}
