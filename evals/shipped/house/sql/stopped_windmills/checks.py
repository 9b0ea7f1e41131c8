assert columns() == ["id", "hill"]
assert rows()[:2] == [(4, 'Fox Hill'), (13, 'North Ridge')]
assert len(rows()) == 50
