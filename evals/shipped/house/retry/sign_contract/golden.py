def sign_contract(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "notary_unavailable"}
