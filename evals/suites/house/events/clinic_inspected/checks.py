assert clinic_inspected({"id": 17, "district": "North"}, {"id": "i2"}, 70) == {"event": "clinic.passed", "v": 2, "actor": "i2", "subject": 17, "data": {"score": 70, "district": "North"}}
assert clinic_inspected({"id": 18, "district": "East", "beds": 30}, {"id": "i2"}, 69) == {"event": "clinic.failed", "v": 2, "actor": "i2", "subject": 18, "data": {"score": 69, "district": "East"}}
assert clinic_inspected({"id": 18, "district": "East"}, {"id": "i2"}, 95)["event"] == "clinic.passed"
assert list(clinic_inspected({"id": 18, "district": "East"}, {"id": "i2"}, 95)) == ["event", "v", "actor", "subject", "data"]
