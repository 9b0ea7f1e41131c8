def newest_episodes(call, sleep, show, limit):
    for attempt in range(3):
        try:
            return {"ok": True, "value": call(show)[:limit]}
        except KeyError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "archive_unavailable"}
