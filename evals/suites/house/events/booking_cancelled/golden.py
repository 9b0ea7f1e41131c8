def booking_cancelled(booking, actor):
    reason = booking.get("reason", "unknown")
    return {
        "event": "booking.cancelled",
        "v": 2,
        "actor": actor["id"],
        "subject": booking["id"],
        "data": {"nights": booking["nights"], "reason": reason},
    }
