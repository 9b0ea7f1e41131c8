def invoice_late_amount(cents, days):
    total = cents
    if days > 14:
        total += (cents * 250 + 5000) // 10000
    if days > 60:
        total += 1500
    return {"cents": total, "currency": "EUR"}
