waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 412.7
    return call
assert recipe_calories(failing(0, TimeoutError()), [].append) == {"ok": True, "value": 413}
assert recipe_calories(failing(5, TimeoutError()), [].append) == {"ok": True, "value": 413}
assert recipe_calories(failing(6, TimeoutError()), waits.append) == {"ok": False, "error": "nutrition_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
with raises(OSError): recipe_calories(failing(1, OSError()), [].append)
