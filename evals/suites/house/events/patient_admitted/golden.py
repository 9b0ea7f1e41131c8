def patient_admitted(patient, actor):
    return {
        "event": "patient.admitted",
        "v": 2,
        "actor": actor["id"],
        "subject": patient["id"],
        "data": {
            "name": patient["name"][0] + ".",
            "ward": patient["ward"],
            "urgent": patient["urgent"],
        },
    }
