def vehicle_rental_price(days, km):
    total = days * 3500
    if km > 200:
        total += (km - 200) * 20
    return {"cents": total, "currency": "EUR"}
