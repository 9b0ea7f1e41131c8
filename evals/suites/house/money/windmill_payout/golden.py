def windmill_payout(kwh, tariff):
    total = kwh * tariff
    total -= (total * 350 + 5000) // 10000
    total = max(total - 1200, 0)
    return {"cents": total, "currency": "EUR"}
