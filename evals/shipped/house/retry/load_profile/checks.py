waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 10
    return call
assert load_profile(failing(1, ConnectionError()), waits.append) == {"ok": True, "value": 10}
assert load_profile(failing(9, ConnectionError()), waits.append) == {"ok": False, "error": "profile_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): load_profile(failing(1, ValueError()), waits.append)
