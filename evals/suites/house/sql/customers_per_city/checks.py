assert columns() == ["city", "n"]
assert rows()[:3] == [('Aarhus', 1), ('Porto', 2), ('Z01', 1)]
assert rows()[-1] == ('Z60', 1)
assert len(rows()) == 62
