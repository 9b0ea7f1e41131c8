assert parcel_delivered({"id": "p1", "days": 6}, {"id": "c3"}) == {"event": "parcel.delivered", "v": 2, "actor": "c3", "subject": "p1", "data": {"late": True}}
assert parcel_delivered({"id": "p2", "days": 5}, {"id": "c3"}) == {"event": "parcel.delivered", "v": 2, "actor": "c3", "subject": "p2", "data": {"late": False}}
assert parcel_delivered({"id": "p2", "days": 1, "recipient": "Bo"}, {"id": "c3"})["data"] == {"late": False}
assert list(parcel_delivered({"id": "p2", "days": 1}, {"id": "c3"})) == ["event", "v", "actor", "subject", "data"]
