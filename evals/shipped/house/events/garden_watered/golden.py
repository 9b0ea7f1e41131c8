def garden_watered(garden, actor):
    return {
        "event": "garden.watered",
        "v": 2,
        "actor": actor["id"],
        "subject": garden["id"],
        "data": {"litres": garden["litres"]},
    }
