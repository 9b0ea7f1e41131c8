assert columns() == ["id", "venue"]
assert rows()[:2] == [(22, 'City Park'), (28, 'Arena East')]
assert len(rows()) == 50
