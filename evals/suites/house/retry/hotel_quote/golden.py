def hotel_quote(call, sleep, room, nights):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(room) * nights}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
        except KeyError:
            return {"ok": False, "error": "room_unknown"}
    return {"ok": False, "error": "tariff_unavailable"}
