assert membership_upgraded({"id": 70, "email": "hugo@h.ch", "level": "silver"}, {"id": 2}, "gold") == {"event": "membership.upgraded", "v": 2, "actor": 2, "subject": 70, "data": {"email": "h***", "level": {"from": "silver", "to": "gold"}}}
assert membership_upgraded({"id": 71, "email": "bea@h.ch", "level": 1, "name": "Bea"}, {"id": 2, "email": "x@h.ch"}, 3) == {"event": "membership.upgraded", "v": 2, "actor": 2, "subject": 71, "data": {"email": "b***", "level": {"from": 1, "to": 3}}}
assert membership_upgraded({"id": 71, "email": "w@h.ch", "level": 2}, {"id": 3}, 3)["data"] == {"email": "w***", "level": {"from": 2, "to": 3}}
assert list(membership_upgraded({"id": 71, "email": "w@h.ch", "level": 2}, {"id": 3}, 3)) == ["event", "v", "actor", "subject", "data"]
