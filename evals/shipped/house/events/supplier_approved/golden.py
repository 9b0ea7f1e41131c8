def supplier_approved(supplier, actor):
    return {
        "event": "supplier.approved",
        "v": 2,
        "actor": actor["id"],
        "subject": supplier["id"],
        "data": {"email": supplier["email"][0] + "***"},
    }
