def ferry_fare(cents, cabin):
    total = cents + (cents * 300 + 5000) // 10000
    if cabin:
        total += 4500
    return {"cents": total, "currency": "EUR"}
