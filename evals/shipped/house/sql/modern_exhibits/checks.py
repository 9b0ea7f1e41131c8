assert columns() == ["id", "artwork"]
assert rows()[:2] == [(30, 'Wire Horse'), (44, 'Blue Cube')]
assert len(rows()) == 50
