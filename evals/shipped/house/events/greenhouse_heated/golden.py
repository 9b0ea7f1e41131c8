def greenhouse_heated(greenhouse, actor):
    return {
        "event": "greenhouse.heated",
        "v": 2,
        "actor": actor["id"],
        "subject": greenhouse["id"],
        "data": {"temperature": greenhouse["temperature"], "zone": greenhouse["zone"]},
    }
