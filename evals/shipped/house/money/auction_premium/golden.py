def auction_premium(cents):
    total = (cents * 1400 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
