assert clinic_bill(47000) == {"cents": 51465, "currency": "EUR"}
assert clinic_bill(4700) == {"cents": 5147, "currency": "EUR"}
assert clinic_bill(603) == {"cents": 660, "currency": "EUR"}
assert clinic_bill(0) == {"cents": 0, "currency": "EUR"}
assert clinic_bill(123456700) == {"cents": 135185087, "currency": "EUR"}
