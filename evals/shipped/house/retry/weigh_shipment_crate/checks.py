waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return {"kilograms": 415, "note": "ok"}
    return call
assert weigh_shipment_crate(failing(1, AssertionError()), waits.append) == {"ok": True, "value": 415}
assert weigh_shipment_crate(failing(9, AssertionError()), waits.append) == {"ok": False, "error": "scale_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): weigh_shipment_crate(failing(1, ValueError()), waits.append)
