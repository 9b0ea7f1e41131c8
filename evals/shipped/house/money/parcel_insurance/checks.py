assert parcel_insurance(20000) == {"cents": 900, "currency": "EUR"}
assert parcel_insurance(1300) == {"cents": 59, "currency": "EUR"}
assert parcel_insurance(317) == {"cents": 14, "currency": "EUR"}
assert parcel_insurance(0) == {"cents": 0, "currency": "EUR"}
assert parcel_insurance(123456700) == {"cents": 5555552, "currency": "EUR"}
