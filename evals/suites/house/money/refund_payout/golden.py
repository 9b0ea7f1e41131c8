def refund_payout(cents, opened):
    total = cents - 400
    if opened:
        total -= 250
    total = max(total, 0)
    return {"cents": total, "currency": "EUR"}
