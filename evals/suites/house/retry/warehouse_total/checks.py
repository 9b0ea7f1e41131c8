waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [4, 10, 6]
    return call
assert warehouse_total(failing(0, OSError()), [].append) == {"ok": True, "value": 20}
assert warehouse_total(failing(3, EOFError()), [].append) == {"ok": True, "value": 20}
assert warehouse_total(failing(4, OSError()), waits.append) == {"ok": False, "error": "scanner_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): warehouse_total(failing(1, KeyError()), [].append)
