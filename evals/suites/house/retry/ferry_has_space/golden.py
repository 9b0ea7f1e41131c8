def ferry_has_space(call, sleep, cars):
    for attempt in range(2):
        try:
            return {"ok": True, "value": call() >= cars}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "harbour_unavailable"}
