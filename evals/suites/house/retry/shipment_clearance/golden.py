def shipment_clearance(call, sleep, number):
    for attempt in range(4):
        try:
            value = call(number)
            if value != "pending":
                return {"ok": True, "value": value}
        except OSError:
            pass
        sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "customs_unavailable"}
