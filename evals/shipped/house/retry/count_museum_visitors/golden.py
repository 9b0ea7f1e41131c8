def count_museum_visitors(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["visitors"]}
        except ChildProcessError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "counter_unavailable"}
