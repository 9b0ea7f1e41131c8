waits = []
def failing(times, error):
    left = [times]
    def call(lot):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [40, lot, 15]
    return call
assert highest_bid(failing(0, TimeoutError()), [].append, 90) == {"ok": True, "value": 90}
assert highest_bid(failing(4, ConnectionError()), [].append, 2) == {"ok": True, "value": 40}
assert highest_bid(failing(5, TimeoutError()), waits.append, 2) == {"ok": False, "error": "saleroom_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0, 4.0]
with raises(KeyError): highest_bid(failing(1, KeyError()), [].append, 2)
