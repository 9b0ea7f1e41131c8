def harbour_dues(cents):
    total = cents + (cents * 1300 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
