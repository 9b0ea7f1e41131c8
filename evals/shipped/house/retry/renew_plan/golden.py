def renew_plan(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except ValueError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "billing_unavailable"}
