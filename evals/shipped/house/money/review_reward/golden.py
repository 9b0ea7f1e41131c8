def review_reward(cents):
    total = max(cents - 200, 0)
    return {"cents": total, "currency": "EUR"}
