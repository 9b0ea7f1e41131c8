waits = []
def failing(times, error):
    left = {1: 0, 2: times}
    def call(key):
        if left[key] > 0:
            left[key] -= 1
            raise error
        return "chart " + str(key)
    return call
assert patient_charts(failing(0, TimeoutError()), [].append, [1, 2]) == {"ok": True, "value": {1: "chart 1", 2: "chart 2"}}
assert patient_charts(failing(3, TimeoutError()), [].append, [2, 1]) == {"ok": True, "value": {2: "chart 2", 1: "chart 1"}}
assert patient_charts(failing(9, TimeoutError()), waits.append, [1, 2]) == {"ok": False, "error": "charts_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
assert patient_charts(failing(0, TimeoutError()), [].append, []) == {"ok": True, "value": {}}
with raises(KeyError): patient_charts(failing(1, KeyError()), [].append, [2])
