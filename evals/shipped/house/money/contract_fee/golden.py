def contract_fee(cents, notarised):
    total = (cents * 1100 + 5000) // 10000
    if notarised:
        total += 3000
    return {"cents": total, "currency": "EUR"}
