assert clinic_patient_share(10000, True, False) == {"cents": 2000, "currency": "EUR"}
assert clinic_patient_share(10000, False, False) == {"cents": 10000, "currency": "EUR"}
assert clinic_patient_share(10000, True, True) == {"cents": 0, "currency": "EUR"}
assert clinic_patient_share(10000, False, True) == {"cents": 0, "currency": "EUR"}
assert clinic_patient_share(30, True, False) == {"cents": 505, "currency": "EUR"}
