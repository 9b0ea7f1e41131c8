def hold_hotel_room(call, sleep, nights):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(nights)}
        except ConnectionResetError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "calendar_unavailable"}
