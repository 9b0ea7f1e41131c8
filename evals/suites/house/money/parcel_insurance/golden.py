def parcel_insurance(cents, fragile):
    total = (cents * 450 + 5000) // 10000
    if fragile:
        total += 300
    return {"cents": total, "currency": "EUR"}
