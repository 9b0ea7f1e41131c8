def pay_refund(call, sleep):
    for attempt in range(5):
        try:
            return {"ok": True, "value": call()}
        except RuntimeError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "bank_unavailable"}
