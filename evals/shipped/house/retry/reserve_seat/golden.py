def reserve_seat(call, sleep, seat):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(seat)}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "seating_unavailable"}
