def bicycle_rented(bicycle, actor):
    return {
        "event": "bicycle.rented",
        "v": 2,
        "actor": actor["id"],
        "subject": bicycle["id"],
        "data": {"deposit": bicycle["deposit"], "helmet": bicycle["helmet"]},
    }
