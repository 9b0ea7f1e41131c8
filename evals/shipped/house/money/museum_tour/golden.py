def museum_tour(cents, pupils):
    total = cents * pupils + 2200
    return {"cents": total, "currency": "EUR"}
