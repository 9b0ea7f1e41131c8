def bakery_audited(bakery, actor):
    return {
        "event": "bakery.audited",
        "v": 2,
        "actor": actor["id"],
        "subject": bakery["id"],
        "data": {"grade": bakery["grade"], "inspector": bakery["inspector"]},
    }
