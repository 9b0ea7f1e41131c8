def garden_hedge(cents, plants):
    total = cents * plants + 1800
    return {"cents": total, "currency": "EUR"}
