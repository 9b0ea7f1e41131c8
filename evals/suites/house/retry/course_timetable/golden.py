def course_timetable(call, sleep):
    for attempt in range(4):
        try:
            value = call()
            if value is not None:
                return {"ok": True, "value": value}
        except TimeoutError:
            pass
        sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "timetable_unavailable"}
