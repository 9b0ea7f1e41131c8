assert survey_closed({"id": 1, "answers": [{"complete": True}, {"complete": False}, {"complete": True}]}, {"id": 9}) == {"event": "survey.closed", "v": 2, "actor": 9, "subject": 1, "data": {"answers": 3, "complete": 2}}
assert survey_closed({"id": 2, "answers": [], "topic": "Food"}, {"id": 9}) == {"event": "survey.closed", "v": 2, "actor": 9, "subject": 2, "data": {"answers": 0, "complete": 0}}
assert survey_closed({"id": 3, "answers": [{"complete": False}]}, {"id": 9})["data"] == {"answers": 1, "complete": 0}
assert list(survey_closed({"id": 2, "answers": []}, {"id": 9})) == ["event", "v", "actor", "subject", "data"]
