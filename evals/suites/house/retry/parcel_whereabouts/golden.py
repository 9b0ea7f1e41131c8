def parcel_whereabouts(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["place"]}
        except OSError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "tracking_unavailable"}
