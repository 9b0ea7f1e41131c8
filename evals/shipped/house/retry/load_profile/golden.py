def load_profile(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "profile_unavailable"}
