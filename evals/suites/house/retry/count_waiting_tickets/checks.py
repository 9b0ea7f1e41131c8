waits = []
def failing(times, error):
    left = [times]
    def call(team):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [team, "b", "c"]
    return call
assert count_waiting_tickets(failing(0, KeyError()), [].append, "desk") == {"ok": True, "value": 3}
assert count_waiting_tickets(failing(2, KeyError()), waits.append, "desk") == {"ok": True, "value": 3}
assert waits == [0.25, 0.5]
assert count_waiting_tickets(failing(3, KeyError()), [].append, "desk") == {"ok": True, "value": 3}
assert count_waiting_tickets(failing(4, KeyError()), [].append, "desk") == {"ok": False, "error": "queue_unavailable"}
with raises(TimeoutError): count_waiting_tickets(failing(1, TimeoutError()), [].append, "desk")
