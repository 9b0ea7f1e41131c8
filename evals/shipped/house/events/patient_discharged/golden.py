def patient_discharged(patient, actor):
    return {
        "event": "patient.discharged",
        "v": 2,
        "actor": actor["id"],
        "subject": patient["id"],
        "data": {"ward": patient["ward"], "email": patient["email"][0] + "***"},
    }
