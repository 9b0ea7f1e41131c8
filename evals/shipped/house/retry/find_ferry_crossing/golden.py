def find_ferry_crossing(call, sleep, island):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(island)}
        except FileNotFoundError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "timetable_unavailable"}
