waits = []
def answers(*steps):
    left = list(steps)
    def call():
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step
    return call
assert soil_moisture(answers(0), waits.append) == {"ok": True, "value": 0}
assert soil_moisture(answers(100, 50), waits.append) == {"ok": True, "value": 100}
assert waits == []
assert soil_moisture(answers(-1, OSError(), ValueError(), 40), [].append) == {"ok": True, "value": 40}
assert soil_moisture(answers(101, OSError(), -5, 300, 40), waits.append) == {"ok": False, "error": "sensor_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): soil_moisture(answers(KeyError()), [].append)
