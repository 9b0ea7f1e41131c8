def donation_received(donation, actor):
    return {
        "event": "donation.received",
        "v": 2,
        "actor": actor["id"],
        "subject": donation["id"],
        "data": {
            "amount": donation["amount"],
            "purpose": donation.get("purpose", "general"),
            "name": donation["name"][0] + ".",
        },
    }
