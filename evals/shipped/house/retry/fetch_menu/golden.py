def fetch_menu(call, sleep, day):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(day)}
        except KeyError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "menu_unavailable"}
