def flight_fare_total(cents, bags):
    total = cents + (cents * 650 + 5000) // 10000
    if bags > 1:
        total += (bags - 1) * 2500
    return {"cents": total, "currency": "EUR"}
