def auction_winner_pays(bid):
    premium = min((bid * 1250 + 5000) // 10000, 50000)
    total = bid + premium
    return {"cents": total, "currency": "EUR"}
