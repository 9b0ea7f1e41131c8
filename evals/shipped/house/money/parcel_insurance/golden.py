def parcel_insurance(cents):
    total = (cents * 450 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
