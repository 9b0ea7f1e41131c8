assert columns() == ["id", "number", "gate"]
assert rows()[:2] == [(38, 'DY12', 'A3'), (40, 'SK401', 'B7')]
assert len(rows()) == 50
