assert columns() == ["id", "title", "minutes"]
assert rows()[:3] == [(2, 'live in Rome', 35), (7, 'Now live', 20), (726, 'More live talk', 60)]
assert len(rows()) == 50
