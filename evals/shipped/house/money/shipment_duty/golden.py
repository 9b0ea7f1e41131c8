def shipment_duty(cents, fragile):
    total = (cents * 1700 + 5000) // 10000
    if fragile:
        total += 700
    return {"cents": total, "currency": "EUR"}
