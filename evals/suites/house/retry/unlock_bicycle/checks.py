waits = []
def answers(*steps):
    left = list(steps)
    def call(code):
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step and code == 77
    return call
assert unlock_bicycle(answers(True), waits.append, 77) == {"ok": True, "value": True}
assert waits == []
assert unlock_bicycle(answers(False, TimeoutError(), False, True), [].append, 77) == {"ok": True, "value": True}
assert unlock_bicycle(answers(False, False, TimeoutError(), False, True), waits.append, 77) == {"ok": False, "error": "lock_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): unlock_bicycle(answers(KeyError()), [].append, 77)
