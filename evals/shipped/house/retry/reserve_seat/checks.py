waits = []
def failing(times, error):
    left = [times]
    def call(seat):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [seat, 46]
    return call
assert reserve_seat(failing(1, TimeoutError()), waits.append, "B4") == {"ok": True, "value": ["B4", 46]}
assert reserve_seat(failing(9, TimeoutError()), waits.append, "B4") == {"ok": False, "error": "seating_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): reserve_seat(failing(1, KeyError()), waits.append, "B4")
