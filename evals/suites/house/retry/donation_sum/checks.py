waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [{"amount": 5}, {"amount": 20}]
    return call
assert donation_sum(failing(0, EOFError()), [].append) == {"ok": True, "value": 25}
assert donation_sum(failing(3, EOFError()), [].append) == {"ok": True, "value": 25}
assert donation_sum(failing(4, EOFError()), waits.append) == {"ok": False, "error": "ledger_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(TimeoutError): donation_sum(failing(1, TimeoutError()), [].append)
