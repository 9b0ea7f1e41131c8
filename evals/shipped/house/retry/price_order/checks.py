waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"total": 84, "note": "ok"}
    return call
assert price_order(failing(1, ConnectionError()), waits.append) == {"ok": True, "value": 84}
assert price_order(failing(9, ConnectionError()), waits.append) == {"ok": False, "error": "cart_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): price_order(failing(1, ValueError()), waits.append)
