assert columns() == ["id", "room"]
assert rows()[:2] == [(10, 'R104'), (15, 'R210')]
assert len(rows()) == 50
