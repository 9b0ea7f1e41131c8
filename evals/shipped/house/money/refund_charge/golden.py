def refund_charge(cents, urgent):
    total = (cents * 800 + 5000) // 10000
    if urgent:
        total += 200
    return {"cents": total, "currency": "EUR"}
