def garden_order_price(items):
    total = sum(item["price"] * item["quantity"] for item in items)
    if total <= 5000:
        total += 690
    return {"cents": total, "currency": "EUR"}
