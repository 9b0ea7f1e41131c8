def parcel_delivered(parcel, actor):
    late = parcel["days"] > 5
    return {
        "event": "parcel.delivered",
        "v": 2,
        "actor": actor["id"],
        "subject": parcel["id"],
        "data": {"late": late},
    }
