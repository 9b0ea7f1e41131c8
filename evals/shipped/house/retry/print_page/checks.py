waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 34
    return call
assert print_page(failing(1, OSError()), waits.append) == {"ok": True, "value": 34}
assert print_page(failing(9, OSError()), waits.append) == {"ok": False, "error": "spooler_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
with raises(KeyError): print_page(failing(1, KeyError()), waits.append)
