assert columns() == ["id", "pupil", "weekday"]
assert rows()[:2] == [(26, 'Leo', 'Friday'), (29, 'Mia', 'Tuesday')]
assert len(rows()) == 50
