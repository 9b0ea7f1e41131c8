assert columns() == ["level", "n"]
assert rows()[:4] == [('gold', 3), ('basic', 2), ('silver', 2), ('team01', 1)]
assert len(rows()) == 54
assert rows()[-1] == ('team51', 1)
