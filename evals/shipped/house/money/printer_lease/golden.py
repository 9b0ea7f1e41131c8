def printer_lease(cents):
    total = cents + (cents * 700 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
