def subscription_upgrade_price(old, new):
    total = new - (old * 6500 + 5000) // 10000
    total = max(total, 0)
    return {"cents": total, "currency": "EUR"}
