def lesson_rescheduled(lesson, actor, hour):
    return {
        "event": "lesson.rescheduled",
        "v": 2,
        "actor": actor["id"],
        "subject": lesson["id"],
        "data": {"hour": {"from": lesson["hour"], "to": hour}},
    }
