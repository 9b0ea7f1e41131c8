def booking_postponed(booking, actor, date):
    return {
        "event": "booking.postponed",
        "v": 2,
        "actor": actor["id"],
        "subject": booking["id"],
        "data": {"date": {"from": booking["date"], "to": date}},
    }
