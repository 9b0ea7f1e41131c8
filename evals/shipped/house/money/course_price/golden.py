def course_price(cents, seats):
    total = cents * seats + 1200
    return {"cents": total, "currency": "EUR"}
