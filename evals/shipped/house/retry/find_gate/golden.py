def find_gate(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except LookupError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "gate_unavailable"}
