def flight_fare(cents):
    total = cents + (cents * 1900 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
