def invoice_late_fee(cents):
    total = (cents * 600 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
