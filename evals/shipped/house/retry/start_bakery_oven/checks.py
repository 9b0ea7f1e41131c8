waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 85
    return call
assert start_bakery_oven(failing(1, IndexError()), waits.append) == {"ok": True, "value": 85}
assert start_bakery_oven(failing(9, IndexError()), waits.append) == {"ok": False, "error": "oven_unavailable"}
assert waits == [0.25, 0.25, 0.5]
with raises(ValueError): start_bakery_oven(failing(1, ValueError()), waits.append)
