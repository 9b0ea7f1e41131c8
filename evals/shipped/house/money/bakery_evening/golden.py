def bakery_evening(cents):
    total = max(cents - 300, 0)
    return {"cents": total, "currency": "EUR"}
