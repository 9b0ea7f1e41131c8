def flight_gate(call, sleep, number, day):
    for attempt in range(5):
        try:
            return {"ok": True, "value": "Gate " + call(number, day)}
        except OSError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "tower_unavailable"}
