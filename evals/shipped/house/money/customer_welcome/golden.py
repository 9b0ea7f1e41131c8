def customer_welcome(cents):
    total = max(cents - 500, 0)
    return {"cents": total, "currency": "EUR"}
