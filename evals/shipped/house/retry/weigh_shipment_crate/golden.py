def weigh_shipment_crate(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()["kilograms"]}
        except AssertionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "scale_unavailable"}
