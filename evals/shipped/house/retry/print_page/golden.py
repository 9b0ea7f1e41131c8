def print_page(call, sleep):
    for attempt in range(6):
        try:
            return {"ok": True, "value": call()}
        except OSError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "spooler_unavailable"}
