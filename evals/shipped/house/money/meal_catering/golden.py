def meal_catering(cents, guests):
    total = cents * guests + 3500
    return {"cents": total, "currency": "EUR"}
