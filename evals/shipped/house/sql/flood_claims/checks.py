assert columns() == ["id", "policyholder"]
assert rows()[:2] == [(43, 'Jansen'), (52, 'Ferrari')]
assert len(rows()) == 50
