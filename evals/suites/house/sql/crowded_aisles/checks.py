assert columns() == ["aisle", "n"]
assert rows()[:3] == [('A', 4), ('D', 5), ('E00', 4)]
assert len(rows()) == 62
assert rows()[-1] == ('E59', 4)
