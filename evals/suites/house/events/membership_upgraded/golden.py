def membership_upgraded(membership, actor, level):
    return {
        "event": "membership.upgraded",
        "v": 2,
        "actor": actor["id"],
        "subject": membership["id"],
        "data": {
            "email": membership["email"][0] + "***",
            "level": {"from": membership["level"], "to": level},
        },
    }
