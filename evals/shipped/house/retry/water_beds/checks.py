waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 31
    return call
assert water_beds(failing(1, ConnectionError()), waits.append) == {"ok": True, "value": 31}
assert water_beds(failing(9, ConnectionError()), waits.append) == {"ok": False, "error": "sprinkler_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): water_beds(failing(1, KeyError()), waits.append)
