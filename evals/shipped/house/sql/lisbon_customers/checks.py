assert columns() == ["id", "name", "email"]
assert rows()[:2] == [(5, 'Ines', 'ines@mail.pt'), (9, 'Rui', 'rui@mail.pt')]
assert len(rows()) == 50
