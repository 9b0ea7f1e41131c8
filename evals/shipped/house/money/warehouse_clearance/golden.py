def warehouse_clearance(cents):
    total = max(cents - 900, 0)
    return {"cents": total, "currency": "EUR"}
