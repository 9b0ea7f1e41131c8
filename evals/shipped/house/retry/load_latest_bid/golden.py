def load_latest_bid(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except BrokenPipeError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "ledger_unavailable"}
