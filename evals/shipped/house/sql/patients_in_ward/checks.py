assert columns() == ["id", "surname"]
assert rows()[:2] == [(14, 'Novak'), (31, 'Haas')]
assert len(rows()) == 50
