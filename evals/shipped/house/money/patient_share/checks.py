assert patient_share(36000, False) == {"cents": 3600, "currency": "EUR"}
assert patient_share(36000, True) == {"cents": 4200, "currency": "EUR"}
assert patient_share(3205, False) == {"cents": 321, "currency": "EUR"}
assert patient_share(483, True) == {"cents": 648, "currency": "EUR"}
assert patient_share(123456700, False) == {"cents": 12345670, "currency": "EUR"}
