def load_profile(call, sleep, customer_id):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call(customer_id)}
        except ConnectionError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "profile_unavailable"}
