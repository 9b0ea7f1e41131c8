assert parcel_insurance(20000, False) == {"cents": 900, "currency": "EUR"}
assert parcel_insurance(100, False) == {"cents": 5, "currency": "EUR"}
assert parcel_insurance(100, True) == {"cents": 305, "currency": "EUR"}
assert parcel_insurance(0, True) == {"cents": 300, "currency": "EUR"}
