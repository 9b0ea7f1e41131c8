assert columns() == ["make"]
assert rows()[:3] == [('Fiat',), ('Make 01',), ('Make 02',)]
assert rows()[-1] == ('Make 49',)
assert len(rows()) == 50
