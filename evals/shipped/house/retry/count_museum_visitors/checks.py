waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"visitors": 268, "note": "ok"}
    return call
assert count_museum_visitors(failing(1, ChildProcessError()), waits.append) == {"ok": True, "value": 268}
assert count_museum_visitors(failing(9, ChildProcessError()), waits.append) == {"ok": False, "error": "counter_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): count_museum_visitors(failing(1, KeyError()), waits.append)
