def driver_pay(cents, trips, weekend):
    total = cents * trips + 1500
    if weekend:
        total += 2500
    return {"cents": total, "currency": "EUR"}
