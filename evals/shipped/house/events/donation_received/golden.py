def donation_received(donation, actor):
    return {
        "event": "donation.received",
        "v": 2,
        "actor": actor["id"],
        "subject": donation["id"],
        "data": {"pledge": donation["pledge"], "email": donation["email"][0] + "***"},
    }
