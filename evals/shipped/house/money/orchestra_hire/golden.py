def orchestra_hire(cents, musicians):
    total = cents * musicians + 15000
    return {"cents": total, "currency": "EUR"}
