def employee_discount(cents):
    total = max(cents - 4000, 0)
    return {"cents": total, "currency": "EUR"}
