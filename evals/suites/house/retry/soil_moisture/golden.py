def soil_moisture(call, sleep):
    for attempt in range(4):
        try:
            value = call()
            if 0 <= value <= 100:
                return {"ok": True, "value": value}
        except (OSError, ValueError):
            pass
        sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "sensor_unavailable"}
