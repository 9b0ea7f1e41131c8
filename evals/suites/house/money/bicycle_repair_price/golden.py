def bicycle_repair_price(parts, member):
    total = sum(parts)
    if member:
        total -= (total * 1000 + 5000) // 10000
    total += 1500
    return {"cents": total, "currency": "EUR"}
