def ferry_departed(ferry, actor):
    return {
        "event": "ferry.departed",
        "v": 2,
        "actor": actor["id"],
        "subject": ferry["id"],
        "data": {"pier": ferry["pier"], "passengers": ferry["passengers"], "cargo": ferry["cargo"]},
    }
