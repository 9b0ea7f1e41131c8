assert columns() == ["region", "n"]
assert rows()[:3] == [('East', 1), ('West', 2), ('Zone 01', 1)]
assert len(rows()) == 56
