waits = []
def answers(*steps):
    left = list(steps)
    def call():
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step
    return call
assert course_timetable(answers(["Mon"]), waits.append) == {"ok": True, "value": ["Mon"]}
assert course_timetable(answers([]), waits.append) == {"ok": True, "value": []}
assert waits == []
assert course_timetable(answers(None, TimeoutError(), None, ["Tue"]), [].append) == {"ok": True, "value": ["Tue"]}
assert course_timetable(answers(None, None, TimeoutError(), None, ["Tue"]), waits.append) == {"ok": False, "error": "timetable_unavailable"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(KeyError): course_timetable(answers(KeyError()), [].append)
