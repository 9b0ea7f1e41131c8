waits = []
def failing(times, error):
    left = [times]
    def call(number, day):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return number[0] + str(day)
    return call
assert flight_gate(failing(0, OSError()), [].append, "B400", 7) == {"ok": True, "value": "Gate B7"}
assert flight_gate(failing(4, OSError()), [].append, "C1", 12) == {"ok": True, "value": "Gate C12"}
assert flight_gate(failing(5, OSError()), waits.append, "C1", 12) == {"ok": False, "error": "tower_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0, 4.0]
with raises(KeyError): flight_gate(failing(1, KeyError()), [].append, "C1", 12)
