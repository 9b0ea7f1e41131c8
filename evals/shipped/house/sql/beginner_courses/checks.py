assert columns() == ["id", "title"]
assert rows()[:2] == [(5, 'Sails'), (7, 'Knots')]
assert len(rows()) == 50
