waits = []
def failing(times, error):
    left = [times]
    def call(room):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 80 + room
    return call
assert hotel_quote(failing(0, ConnectionError()), waits.append, 5, 2) == {"ok": True, "value": 170}
assert hotel_quote(failing(1, KeyError()), waits.append, 5, 2) == {"ok": False, "error": "room_unknown"}
assert waits == []
assert hotel_quote(failing(3, ConnectionError()), [].append, 1, 1) == {"ok": True, "value": 81}
assert hotel_quote(failing(4, ConnectionError()), waits.append, 1, 1) == {"ok": False, "error": "tariff_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(TimeoutError): hotel_quote(failing(1, TimeoutError()), [].append, 1, 1)
