def claim_payout(cents, repeat):
    own = 25000 if repeat else 15000
    total = max(cents - own, 0)
    total = (total * 8500 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
