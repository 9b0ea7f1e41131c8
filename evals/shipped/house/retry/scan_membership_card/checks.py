waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 67
    return call
assert scan_membership_card(failing(1, InterruptedError()), waits.append) == {"ok": True, "value": 67}
assert scan_membership_card(failing(9, InterruptedError()), waits.append) == {"ok": False, "error": "turnstile_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): scan_membership_card(failing(1, KeyError()), waits.append)
