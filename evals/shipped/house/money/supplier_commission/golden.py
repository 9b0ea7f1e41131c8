def supplier_commission(cents):
    total = (cents * 1200 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
