def membership_renewal_price(cents, years):
    rate = min(years * 150, 1200)
    total = cents - (cents * rate + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
