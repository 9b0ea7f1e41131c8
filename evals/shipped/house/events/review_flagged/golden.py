def review_flagged(review, actor):
    return {
        "event": "review.flagged",
        "v": 2,
        "actor": actor["id"],
        "subject": review["id"],
        "data": {"reason": review["reason"], "stars": review["stars"]},
    }
