def photo_prints(cents, copies):
    total = cents * copies + 400
    return {"cents": total, "currency": "EUR"}
