def voucher_price(cents):
    total = max(cents - 1300, 0)
    return {"cents": total, "currency": "EUR"}
