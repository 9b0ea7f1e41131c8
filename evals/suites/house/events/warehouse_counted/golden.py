def warehouse_counted(warehouse, actor):
    pieces = sum(warehouse["stock"].values())
    return {
        "event": "warehouse.counted",
        "v": 2,
        "actor": actor["id"],
        "subject": warehouse["id"],
        "data": {"pieces": pieces, "city": warehouse["city"]},
    }
