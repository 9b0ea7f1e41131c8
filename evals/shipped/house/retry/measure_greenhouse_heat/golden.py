def measure_greenhouse_heat(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except ArithmeticError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "thermometer_unavailable"}
