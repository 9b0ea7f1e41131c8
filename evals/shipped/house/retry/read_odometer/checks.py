waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 25
    return call
assert read_odometer(failing(1, TimeoutError()), waits.append) == {"ok": True, "value": 25}
assert read_odometer(failing(9, TimeoutError()), waits.append) == {"ok": False, "error": "odometer_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): read_odometer(failing(1, ValueError()), waits.append)
