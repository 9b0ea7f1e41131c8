def open_ticket(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except RuntimeError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "helpdesk_unavailable"}
