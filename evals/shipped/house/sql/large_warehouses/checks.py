assert columns() == ["id", "address"]
assert rows()[:2] == [(9, 'Mill Lane 8'), (14, 'Dock Road 2')]
assert len(rows()) == 50
