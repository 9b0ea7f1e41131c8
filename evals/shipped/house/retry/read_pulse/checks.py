waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"pulse": 72, "note": "ok"}
    return call
assert read_pulse(failing(1, RuntimeError()), waits.append) == {"ok": True, "value": 72}
assert read_pulse(failing(9, RuntimeError()), waits.append) == {"ok": False, "error": "monitor_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): read_pulse(failing(1, ValueError()), waits.append)
