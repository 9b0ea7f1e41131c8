waits = []
def failing(times, error):
    left = [times]
    def call(island):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [island, 91]
    return call
assert find_ferry_crossing(failing(1, FileNotFoundError()), waits.append, "Skye") == {"ok": True, "value": ["Skye", 91]}
assert find_ferry_crossing(failing(9, FileNotFoundError()), waits.append, "Skye") == {"ok": False, "error": "timetable_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): find_ferry_crossing(failing(1, ValueError()), waits.append, "Skye")
