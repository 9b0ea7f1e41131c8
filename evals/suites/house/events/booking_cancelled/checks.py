assert booking_cancelled({"id": 12, "nights": 3, "reason": "illness"}, {"id": 4}) == {"event": "booking.cancelled", "v": 2, "actor": 4, "subject": 12, "data": {"nights": 3, "reason": "illness"}}
assert booking_cancelled({"id": 13, "nights": 1}, {"id": 4}) == {"event": "booking.cancelled", "v": 2, "actor": 4, "subject": 13, "data": {"nights": 1, "reason": "unknown"}}
assert booking_cancelled({"id": 13, "nights": 2, "room": 8}, {"id": 4})["data"] == {"nights": 2, "reason": "unknown"}
assert list(booking_cancelled({"id": 13, "nights": 1}, {"id": 4})) == ["event", "v", "actor", "subject", "data"]
