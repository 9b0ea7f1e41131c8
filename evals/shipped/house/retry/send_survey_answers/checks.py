waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 82
    return call
assert send_survey_answers(failing(1, BlockingIOError()), waits.append) == {"ok": True, "value": 82}
assert send_survey_answers(failing(9, BlockingIOError()), waits.append) == {"ok": False, "error": "mailbox_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
with raises(KeyError): send_survey_answers(failing(1, KeyError()), waits.append)
