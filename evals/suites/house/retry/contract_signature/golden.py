def contract_signature(call, sleep, contract_id):
    for attempt in range(3):
        try:
            return {"ok": True, "value": call(contract_id).strip()}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "notary_unavailable"}
