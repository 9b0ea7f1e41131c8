def scan_membership_card(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except InterruptedError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "turnstile_unavailable"}
