def ticket_group_price(cents, seats):
    total = cents * seats
    if seats >= 10:
        total -= (total * 1250 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
