def claim_excess(cents):
    total = (cents * 250 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
