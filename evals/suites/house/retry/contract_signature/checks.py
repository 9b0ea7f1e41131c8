waits = []
def failing(times, error):
    left = [times]
    def call(key):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return "  sig " + str(key) + " "
    return call
assert contract_signature(failing(0, ConnectionError()), [].append, 4) == {"ok": True, "value": "sig 4"}
assert contract_signature(failing(2, ConnectionError()), [].append, 9) == {"ok": True, "value": "sig 9"}
assert contract_signature(failing(3, ConnectionError()), waits.append, 9) == {"ok": False, "error": "notary_unavailable"}
assert waits == [0.25, 0.5, 1.0]
with raises(TimeoutError): contract_signature(failing(1, TimeoutError()), [].append, 9)
