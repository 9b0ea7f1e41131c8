def survey_closed(survey, actor):
    complete = [answer for answer in survey["answers"] if answer["complete"]]
    return {
        "event": "survey.closed",
        "v": 2,
        "actor": actor["id"],
        "subject": survey["id"],
        "data": {"answers": len(survey["answers"]), "complete": len(complete)},
    }
