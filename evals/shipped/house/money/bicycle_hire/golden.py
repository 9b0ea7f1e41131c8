def bicycle_hire(cents, days):
    total = cents * days + 800
    return {"cents": total, "currency": "EUR"}
