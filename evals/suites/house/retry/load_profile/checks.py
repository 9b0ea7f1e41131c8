waits = []
def failing(times, error):
    left = [times]
    def call(key):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"id": key}
    return call
assert load_profile(failing(0, ConnectionError()), [].append, 12) == {"ok": True, "value": {"id": 12}}
assert load_profile(failing(3, ConnectionError()), [].append, 5) == {"ok": True, "value": {"id": 5}}
assert load_profile(failing(9, ConnectionError()), waits.append, 5) == {"ok": False, "error": "profile_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(TimeoutError): load_profile(failing(1, TimeoutError()), [].append, 5)
