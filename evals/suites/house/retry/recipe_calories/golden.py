def recipe_calories(call, sleep):
    for attempt in range(6):
        try:
            return {"ok": True, "value": round(call())}
        except TimeoutError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "nutrition_unavailable"}
