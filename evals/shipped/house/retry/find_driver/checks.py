waits = []
def failing(times, error):
    left = [times]
    def call(zone):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [zone, 49]
    return call
assert find_driver(failing(1, ValueError()), waits.append, "west") == {"ok": True, "value": ["west", 49]}
assert find_driver(failing(9, ValueError()), waits.append, "west") == {"ok": False, "error": "roster_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): find_driver(failing(1, KeyError()), waits.append, "west")
