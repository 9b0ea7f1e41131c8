assert vehicle_serviced({"id": "v8", "km": 10000, "garage": "Roth"}, {"id": 1}, 12500) == {"event": "vehicle.serviced", "v": 2, "actor": 1, "subject": "v8", "data": {"km": {"from": 10000, "to": 12500}, "garage": "Roth"}}
assert vehicle_serviced({"id": "v9", "km": 50}, {"id": 2}, 900) == {"event": "vehicle.serviced", "v": 2, "actor": 2, "subject": "v9", "data": {"km": {"from": 50, "to": 900}, "garage": "own"}}
assert vehicle_serviced({"id": "v9", "km": 50, "plate": "X1"}, {"id": 2}, 60)["data"] == {"km": {"from": 50, "to": 60}, "garage": "own"}
assert list(vehicle_serviced({"id": "v9", "km": 50}, {"id": 2}, 60)) == ["event", "v", "actor", "subject", "data"]
