def reserve_seats(call, sleep, show, count):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(show, count)}
        except (TimeoutError, ConnectionError):
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "seats_unavailable"}
