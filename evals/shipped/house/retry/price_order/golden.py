def price_order(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["total"]}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "cart_unavailable"}
