waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 73
    return call
assert get_harbour_tide(failing(1, EOFError()), waits.append) == {"ok": True, "value": 73}
assert get_harbour_tide(failing(9, EOFError()), waits.append) == {"ok": False, "error": "tides_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): get_harbour_tide(failing(1, KeyError()), waits.append)
