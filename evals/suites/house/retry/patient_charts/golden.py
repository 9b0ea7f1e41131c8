def patient_charts(call, sleep, ids):
    value = {}
    for patient_id in ids:
        for attempt in range(4):
            try:
                value[patient_id] = call(patient_id)
                break
            except TimeoutError:
                sleep(0.25 * 2 ** attempt)
        else:
            return {"ok": False, "error": "charts_unavailable"}
    return {"ok": True, "value": value}
