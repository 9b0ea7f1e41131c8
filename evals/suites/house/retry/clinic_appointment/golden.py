def clinic_appointment(call, sleep, doctors):
    for doctor in doctors:
        for attempt in range(4):
            try:
                return {"ok": True, "value": call(doctor)}
            except ConnectionError:
                sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "appointment_unavailable"}
