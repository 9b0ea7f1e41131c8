waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 16
    return call
assert open_ticket(failing(1, RuntimeError()), waits.append) == {"ok": True, "value": 16}
assert open_ticket(failing(9, RuntimeError()), waits.append) == {"ok": False, "error": "helpdesk_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): open_ticket(failing(1, ValueError()), waits.append)
