waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 6
    return call
assert ferry_has_space(failing(0, TimeoutError()), [].append, 6) == {"ok": True, "value": True}
assert ferry_has_space(failing(1, TimeoutError()), [].append, 7) == {"ok": True, "value": False}
assert ferry_has_space(failing(2, TimeoutError()), waits.append, 1) == {"ok": False, "error": "harbour_unavailable"}
assert waits == [0.25, 0.5]
with raises(ConnectionError): ferry_has_space(failing(1, ConnectionError()), [].append, 1)
