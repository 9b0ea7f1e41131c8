def museum_entry_price(ages, guided):
    total = 0
    for age in ages:
        if age >= 18:
            total += 1400
        elif age >= 6:
            total += 600
    if guided:
        total += 3500
    return {"cents": total, "currency": "EUR"}
