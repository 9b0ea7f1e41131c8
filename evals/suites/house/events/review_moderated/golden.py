def review_moderated(review, actor, approved):
    verb = "approved" if approved else "rejected"
    return {
        "event": "review." + verb,
        "v": 2,
        "actor": actor["id"],
        "subject": review["id"],
        "data": {"stars": review["stars"]},
    }
