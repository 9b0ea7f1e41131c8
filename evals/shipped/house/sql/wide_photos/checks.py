assert columns() == ["id", "filename"]
assert rows()[:2] == [(16, 'fjord.jpg'), (19, 'dunes.jpg')]
assert len(rows()) == 50
