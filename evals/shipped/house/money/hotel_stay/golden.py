def hotel_stay(cents, nights, parking):
    total = cents * nights + 1600
    if parking:
        total += 1100
    return {"cents": total, "currency": "EUR"}
