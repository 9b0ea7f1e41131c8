assert columns() == ["id", "title", "minutes"]
assert rows()[:3] == [(2, 'Apple jam', 30), (6, 'Apple pie', 45), (821, 'Apple tea', 5)]
assert len(rows()) == 50
