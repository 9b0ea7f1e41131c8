def clinic_bill(cents):
    total = cents + (cents * 950 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
