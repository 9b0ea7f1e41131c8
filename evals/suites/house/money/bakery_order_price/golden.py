def bakery_order_price(rolls, cakes, pickup):
    total = rolls * 40 + cakes * 1890
    if not pickup and total < 3000:
        total += 500
    return {"cents": total, "currency": "EUR"}
