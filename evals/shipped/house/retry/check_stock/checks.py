waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 19
    return call
assert check_stock(failing(1, KeyError()), waits.append) == {"ok": True, "value": 19}
assert check_stock(failing(9, KeyError()), waits.append) == {"ok": False, "error": "inventory_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): check_stock(failing(1, ValueError()), waits.append)
