waits = []
def failing(times, error):
    left = [times]
    def call(show, count):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [show] * count
    return call
assert reserve_seats(failing(0, TimeoutError()), waits.append, "Hamlet", 2) == {"ok": True, "value": ["Hamlet", "Hamlet"]}
assert reserve_seats(failing(3, ConnectionError()), [].append, "Faust", 1) == {"ok": True, "value": ["Faust"]}
assert waits == []
assert reserve_seats(failing(9, TimeoutError()), waits.append, "Faust", 1) == {"ok": False, "error": "seats_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(ValueError): reserve_seats(failing(1, ValueError()), [].append, "Faust", 1)
