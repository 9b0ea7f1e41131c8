def voucher_checkout_sum(cents, vouchers):
    total = cents
    for voucher in vouchers:
        if not voucher["expired"]:
            total -= voucher["value"]
    total = max(total, 0)
    return {"cents": total, "currency": "EUR"}
