waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 70
    return call
assert load_latest_bid(failing(1, BrokenPipeError()), waits.append) == {"ok": True, "value": 70}
assert load_latest_bid(failing(9, BrokenPipeError()), waits.append) == {"ok": False, "error": "ledger_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): load_latest_bid(failing(1, ValueError()), waits.append)
