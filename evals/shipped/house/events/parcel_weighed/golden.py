def parcel_weighed(parcel, actor):
    return {
        "event": "parcel.weighed",
        "v": 2,
        "actor": actor["id"],
        "subject": parcel["id"],
        "data": {"weight": parcel["weight"]},
    }
