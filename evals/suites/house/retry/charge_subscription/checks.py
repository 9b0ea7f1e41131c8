waits = []
def failing(times, error):
    left = [times]
    def call(amount):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return amount + 1
    return call
assert charge_subscription(failing(0, TimeoutError()), [].append, 30) == {"ok": True, "value": 31}
assert charge_subscription(failing(1, ValueError()), waits.append, 30) == {"ok": False, "error": "card_refused"}
assert waits == []
assert charge_subscription(failing(3, TimeoutError()), [].append, 8) == {"ok": True, "value": 9}
assert charge_subscription(failing(9, TimeoutError()), waits.append, 30) == {"ok": False, "error": "bank_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): charge_subscription(failing(1, KeyError()), [].append, 30)
