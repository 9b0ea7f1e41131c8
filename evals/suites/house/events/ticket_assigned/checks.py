assert ticket_assigned({"id": 40, "agent": "a1"}, {"id": 2}, "a5") == {"event": "ticket.assigned", "v": 2, "actor": 2, "subject": 40, "data": {"agent": {"from": "a1", "to": "a5"}}}
assert ticket_assigned({"id": 41, "agent": None, "title": "Help"}, {"id": 3}, "a2") == {"event": "ticket.assigned", "v": 2, "actor": 3, "subject": 41, "data": {"agent": {"from": None, "to": "a2"}}}
assert ticket_assigned({"id": 42, "agent": "a9"}, {"id": 2}, None)["data"] == {"agent": {"from": "a9", "to": None}}
assert list(ticket_assigned({"id": 42, "agent": "a9"}, {"id": 2}, "a1")) == ["event", "v", "actor", "subject", "data"]
