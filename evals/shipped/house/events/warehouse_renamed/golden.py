def warehouse_renamed(warehouse, actor, label):
    return {
        "event": "warehouse.renamed",
        "v": 2,
        "actor": actor["id"],
        "subject": warehouse["id"],
        "data": {"label": {"from": warehouse["label"], "to": label}},
    }
