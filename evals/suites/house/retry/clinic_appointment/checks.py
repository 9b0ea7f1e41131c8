waits = []
def failing(times, error):
    left = {"Ek": times, "Ruud": times - 4}
    def call(doctor):
        if left[doctor] > 0:
            left[doctor] -= 1
            raise error
        return doctor + " at nine"
    return call
assert clinic_appointment(failing(3, ConnectionError()), [].append, ["Ek", "Ruud"]) == {"ok": True, "value": "Ek at nine"}
assert clinic_appointment(failing(5, ConnectionError()), waits.append, ["Ek", "Ruud"]) == {"ok": True, "value": "Ruud at nine"}
assert waits == [0.25, 0.5, 1.0, 2.0, 0.25]
assert clinic_appointment(failing(8, ConnectionError()), [].append, ["Ek", "Ruud"]) == {"ok": False, "error": "appointment_unavailable"}
assert clinic_appointment(failing(0, ConnectionError()), [].append, []) == {"ok": False, "error": "appointment_unavailable"}
with raises(TimeoutError): clinic_appointment(failing(1, TimeoutError()), [].append, ["Ek"])
