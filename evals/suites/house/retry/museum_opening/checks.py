waits = []
def failing(times, error):
    left = [times]
    def call(day):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return day + " 9-17"
    return call
assert museum_opening(failing(0, TimeoutError()), [].append, "Mon", {}) == {"ok": True, "value": "Mon 9-17"}
assert museum_opening(failing(3, TimeoutError()), [].append, "Tue", {"Tue": "10-12"}) == {"ok": True, "value": "Tue 9-17"}
assert museum_opening(failing(4, TimeoutError()), waits.append, "Tue", {"Tue": "10-12"}) == {"ok": True, "value": "10-12", "stale": True}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(OSError): museum_opening(failing(1, OSError()), [].append, "Tue", {"Tue": "10-12"})
