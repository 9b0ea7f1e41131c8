waits = []
def failing(times, error):
    left = [times]
    def call(day):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [day, 43]
    return call
assert fetch_menu(failing(1, KeyError()), waits.append, "monday") == {"ok": True, "value": ["monday", 43]}
assert fetch_menu(failing(9, KeyError()), waits.append, "monday") == {"ok": False, "error": "menu_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): fetch_menu(failing(1, ValueError()), waits.append, "monday")
