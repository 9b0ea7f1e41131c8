waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 22
    return call
assert renew_plan(failing(1, ValueError()), waits.append) == {"ok": True, "value": 22}
assert renew_plan(failing(9, ValueError()), waits.append) == {"ok": False, "error": "billing_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): renew_plan(failing(1, KeyError()), waits.append)
