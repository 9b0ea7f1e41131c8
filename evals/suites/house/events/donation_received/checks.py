assert donation_received({"id": 33, "name": "Selma", "amount": 80, "purpose": "roof"}, {"id": 1}) == {"event": "donation.received", "v": 2, "actor": 1, "subject": 33, "data": {"name": "S.", "amount": 80, "purpose": "roof"}}
assert donation_received({"id": 34, "name": "Finn", "amount": 5}, {"id": 1}) == {"event": "donation.received", "v": 2, "actor": 1, "subject": 34, "data": {"name": "F.", "amount": 5, "purpose": "general"}}
assert donation_received({"id": 34, "name": "Ida", "amount": 9, "email": "ida@i.is"}, {"id": 1})["data"] == {"name": "I.", "amount": 9, "purpose": "general"}
assert list(donation_received({"id": 34, "name": "Finn", "amount": 5}, {"id": 1})) == ["event", "v", "actor", "subject", "data"]
