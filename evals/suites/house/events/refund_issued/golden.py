def refund_issued(refund, actor):
    partial = refund["amount"] < refund["paid"]
    return {
        "event": "refund.issued",
        "v": 2,
        "actor": actor["id"],
        "subject": refund["id"],
        "data": {
            "amount": refund["amount"],
            "email": refund["email"][0] + "***",
            "partial": partial,
        },
    }
