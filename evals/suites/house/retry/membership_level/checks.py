waits = []
def failing(times, error):
    left = [times]
    def call(key):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"level": "gold" + str(key)}
    return call
assert membership_level(failing(0, TimeoutError()), [].append, 3) == {"ok": True, "value": "GOLD3"}
assert membership_level(failing(3, TimeoutError()), [].append, 8) == {"ok": True, "value": "GOLD8"}
assert membership_level(failing(4, TimeoutError()), waits.append, 3) == {"ok": False, "error": "directory_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): membership_level(failing(1, KeyError()), [].append, 3)
