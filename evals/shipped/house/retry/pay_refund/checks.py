waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 40
    return call
assert pay_refund(failing(1, RuntimeError()), waits.append) == {"ok": True, "value": 40}
assert pay_refund(failing(9, RuntimeError()), waits.append) == {"ok": False, "error": "bank_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0, 4.0]
with raises(KeyError): pay_refund(failing(1, KeyError()), waits.append)
