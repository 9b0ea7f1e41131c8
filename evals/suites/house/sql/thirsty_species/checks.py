assert columns() == ["species"]
assert rows()[:3] == [('Fern',), ('Palm',), ('Rose 01',)]
assert rows()[-1] == ('Rose 48',)
assert len(rows()) == 50
