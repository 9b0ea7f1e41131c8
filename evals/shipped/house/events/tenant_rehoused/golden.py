def tenant_rehoused(tenant, actor, flat):
    return {
        "event": "tenant.rehoused",
        "v": 2,
        "actor": actor["id"],
        "subject": tenant["id"],
        "data": {"flat": {"from": tenant["flat"], "to": flat}},
    }
