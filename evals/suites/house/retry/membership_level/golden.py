def membership_level(call, sleep, member_id):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(member_id)["level"].upper()}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "directory_unavailable"}
