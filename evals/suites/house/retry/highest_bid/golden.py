def highest_bid(call, sleep, lot):
    for attempt in range(5):
        try:
            return {"ok": True, "value": max(call(lot))}
        except (ConnectionError, TimeoutError):
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "saleroom_unavailable"}
