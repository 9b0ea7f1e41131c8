def charge_subscription(call, sleep, amount):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(amount)}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
        except ValueError:
            return {"ok": False, "error": "card_refused"}
    return {"ok": False, "error": "bank_unavailable"}
