def read_pulse(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["pulse"]}
        except RuntimeError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "monitor_unavailable"}
