def clinic_inspected(clinic, actor, score):
    verb = "passed" if score >= 70 else "failed"
    return {
        "event": "clinic." + verb,
        "v": 2,
        "actor": actor["id"],
        "subject": clinic["id"],
        "data": {"score": score, "district": clinic["district"]},
    }
