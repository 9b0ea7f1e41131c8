def photo_prints_price(count, glossy):
    price = 22 if count >= 100 else 29
    total = count * price
    if glossy:
        total += (total * 1500 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
