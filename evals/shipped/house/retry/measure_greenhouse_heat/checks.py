waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 79
    return call
assert measure_greenhouse_heat(failing(1, ArithmeticError()), waits.append) == {"ok": True, "value": 79}
assert measure_greenhouse_heat(failing(9, ArithmeticError()), waits.append) == {"ok": False, "error": "thermometer_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(KeyError): measure_greenhouse_heat(failing(1, KeyError()), waits.append)
