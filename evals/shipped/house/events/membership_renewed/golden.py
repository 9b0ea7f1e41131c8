def membership_renewed(membership, actor):
    return {
        "event": "membership.renewed",
        "v": 2,
        "actor": actor["id"],
        "subject": membership["id"],
        "data": {"tier": membership["tier"], "years": membership["years"], "email": membership["email"][0] + "***"},
    }
