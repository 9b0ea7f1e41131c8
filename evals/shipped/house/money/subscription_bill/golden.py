def subscription_bill(cents, printed):
    total = cents + (cents * 2100 + 5000) // 10000
    if printed:
        total += 100
    return {"cents": total, "currency": "EUR"}
