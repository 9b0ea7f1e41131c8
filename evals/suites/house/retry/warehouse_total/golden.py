def warehouse_total(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": sum(call())}
        except (OSError, EOFError):
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "scanner_unavailable"}
