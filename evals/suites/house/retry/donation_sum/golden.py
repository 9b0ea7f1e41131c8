def donation_sum(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": sum(gift["amount"] for gift in call())}
        except EOFError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "ledger_unavailable"}
