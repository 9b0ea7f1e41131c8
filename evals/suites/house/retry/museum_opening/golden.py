def museum_opening(call, sleep, day, known):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(day)}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": True, "value": known[day], "stale": True}
