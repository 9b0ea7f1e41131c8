def ferry_crossing_fare(cents, car, back):
    total = cents
    if car:
        total += 4500
    if back:
        total *= 2
        total -= (total * 1500 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
