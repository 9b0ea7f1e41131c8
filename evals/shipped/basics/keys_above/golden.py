def keys_above(scores, limit):
    return sorted(key for key, value in scores.items() if value > limit)
