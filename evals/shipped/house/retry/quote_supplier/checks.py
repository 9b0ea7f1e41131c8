waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"cost": 31, "note": "ok"}
    return call
assert quote_supplier(failing(1, OSError()), waits.append) == {"ok": True, "value": 31}
assert quote_supplier(failing(9, OSError()), waits.append) == {"ok": False, "error": "catalogue_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): quote_supplier(failing(1, ValueError()), waits.append)
