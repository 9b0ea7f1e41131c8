waits = []
def failing(times, error):
    left = [times]
    def call(nights):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [nights, 88]
    return call
assert hold_hotel_room(failing(1, ConnectionResetError()), waits.append, 3) == {"ok": True, "value": [3, 88]}
assert hold_hotel_room(failing(9, ConnectionResetError()), waits.append, 3) == {"ok": False, "error": "calendar_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): hold_hotel_room(failing(1, KeyError()), waits.append, 3)
