def latest_reviews(call, sleep, product):
    for attempt in range(3):
        try:
            value = call(product)
            if value:
                return {"ok": True, "value": value}
        except ConnectionError:
            pass
        sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "feed_unavailable"}
