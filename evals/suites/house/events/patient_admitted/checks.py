assert patient_admitted({"id": 77, "name": "Otto", "ward": "B2", "urgent": True}, {"id": "n4"}) == {"event": "patient.admitted", "v": 2, "actor": "n4", "subject": 77, "data": {"name": "O.", "ward": "B2", "urgent": True}}
assert patient_admitted({"id": 78, "name": "Lena", "ward": "C1", "urgent": False, "age": 9}, {"id": "n4", "name": "Eva"}) == {"event": "patient.admitted", "v": 2, "actor": "n4", "subject": 78, "data": {"name": "L.", "ward": "C1", "urgent": False}}
assert patient_admitted({"id": 79, "name": "Ute", "ward": "A", "urgent": False}, {"id": 1})["data"] == {"name": "U.", "ward": "A", "urgent": False}
assert list(patient_admitted({"id": 79, "name": "Ute", "ward": "A", "urgent": False}, {"id": 1})) == ["event", "v", "actor", "subject", "data"]
