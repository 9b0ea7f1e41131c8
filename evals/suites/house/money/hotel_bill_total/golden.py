def hotel_bill_total(cents, nights, guests):
    total = cents * nights
    total += (total * 550 + 5000) // 10000
    total += guests * nights * 250
    return {"cents": total, "currency": "EUR"}
