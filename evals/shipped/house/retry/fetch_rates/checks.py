waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 7
    return call
assert fetch_rates(failing(1, TimeoutError()), waits.append) == {"ok": True, "value": 7}
assert fetch_rates(failing(9, TimeoutError()), waits.append) == {"ok": False, "error": "rates_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): fetch_rates(failing(1, KeyError()), waits.append)
