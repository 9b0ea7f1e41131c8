waits = []
def failing(times, error):
    left = [times]
    def call(plate):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return "owner of " + plate
    return call
assert vehicle_owner(failing(0, ConnectionError()), [].append, "ab12") == {"ok": True, "value": "owner of AB12"}
assert vehicle_owner(failing(1, ConnectionError()), [].append, "X9") == {"ok": True, "value": "owner of X9"}
assert vehicle_owner(failing(2, ConnectionError()), waits.append, "X9") == {"ok": False, "error": "register_unavailable"}
assert waits == [0.25, 0.5]
with raises(TimeoutError): vehicle_owner(failing(1, TimeoutError()), [].append, "X9")
