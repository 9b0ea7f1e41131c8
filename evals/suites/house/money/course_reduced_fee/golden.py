def course_reduced_fee(cents, status):
    rates = {"student": 3500, "senior": 1500}
    rate = rates.get(status, 0)
    total = cents - (cents * rate + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
