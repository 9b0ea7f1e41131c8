assert columns() == ["id", "carrier", "city"]
assert rows()[:3] == [(8, 'Hermes', 'Basel'), (6, 'Hermes', 'Bonn'), (9, 'Post', 'Bonn')]
assert rows()[3] == (343, 'Post', 'Graz')
assert len(rows()) == 50
