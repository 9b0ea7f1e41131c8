def museum_opened(museum, actor):
    return {
        "event": "museum.opened",
        "v": 2,
        "actor": actor["id"],
        "subject": museum["id"],
        "data": {"curator": museum["curator"]},
    }
