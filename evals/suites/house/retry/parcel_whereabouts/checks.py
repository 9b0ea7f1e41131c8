waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"place": "Bergen", "state": "moving"}
    return call
assert parcel_whereabouts(failing(0, OSError()), [].append) == {"ok": True, "value": "Bergen"}
assert parcel_whereabouts(failing(3, OSError()), [].append) == {"ok": True, "value": "Bergen"}
assert parcel_whereabouts(failing(4, OSError()), waits.append) == {"ok": False, "error": "tracking_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(ValueError): parcel_whereabouts(failing(1, ValueError()), [].append)
