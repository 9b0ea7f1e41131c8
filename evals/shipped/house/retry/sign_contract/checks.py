waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 61
    return call
assert sign_contract(failing(1, TimeoutError()), waits.append) == {"ok": True, "value": 61}
assert sign_contract(failing(9, TimeoutError()), waits.append) == {"ok": False, "error": "notary_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): sign_contract(failing(1, ValueError()), waits.append)
