waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 64
    return call
assert unlock_bicycle(failing(1, OSError()), waits.append) == {"ok": True, "value": 64}
assert unlock_bicycle(failing(9, OSError()), waits.append) == {"ok": False, "error": "lock_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): unlock_bicycle(failing(1, ValueError()), waits.append)
