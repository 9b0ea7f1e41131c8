waits = []
def answers(*steps):
    left = list(steps)
    def call(number):
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step
    return call
assert shipment_clearance(answers("cleared"), waits.append, 1) == {"ok": True, "value": "cleared"}
assert shipment_clearance(answers("refused", "cleared"), waits.append, 1) == {"ok": True, "value": "refused"}
assert waits == []
assert shipment_clearance(answers("pending", OSError(), "pending", "cleared"), [].append, 1) == {"ok": True, "value": "cleared"}
assert shipment_clearance(answers("pending", "pending", OSError(), "pending", "cleared"), waits.append, 1) == {"ok": False, "error": "customs_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): shipment_clearance(answers(KeyError()), [].append, 1)
