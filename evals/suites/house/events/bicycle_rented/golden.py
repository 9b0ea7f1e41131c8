def bicycle_rented(bicycle, actor, customer):
    helmet = bicycle.get("helmet", False)
    return {
        "event": "bicycle.rented",
        "v": 2,
        "actor": actor["id"],
        "subject": bicycle["id"],
        "data": {"email": customer["email"][0] + "***", "helmet": helmet},
    }
