def warehouse_rent_total(halls):
    total = 0
    for hall in halls:
        total += hall["area"] * 450
        if hall["heated"]:
            total += 7500
    return {"cents": total, "currency": "EUR"}
