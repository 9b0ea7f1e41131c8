def best_player(scores):
    best = None
    for name in scores:
        if best is None or scores[name] > scores[best]:
            best = name
    return best
