waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 13
    return call
assert track_parcel(failing(1, OSError()), waits.append) == {"ok": True, "value": 13}
assert track_parcel(failing(9, OSError()), waits.append) == {"ok": False, "error": "location_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): track_parcel(failing(1, KeyError()), waits.append)
