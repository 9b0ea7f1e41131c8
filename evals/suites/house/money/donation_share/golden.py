def donation_share(cents, charities):
    rest = cents - (cents * 290 + 5000) // 10000
    total = rest // charities
    return {"cents": total, "currency": "EUR"}
