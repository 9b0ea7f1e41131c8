waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 28
    return call
assert find_gate(failing(1, LookupError()), waits.append) == {"ok": True, "value": 28}
assert find_gate(failing(9, LookupError()), waits.append) == {"ok": False, "error": "gate_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): find_gate(failing(1, ValueError()), waits.append)
