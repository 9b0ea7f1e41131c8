assert columns() == ["name", "n"]
assert rows()[:4] == [('Zoom', 3), ('Alto', 2), ('Nord', 2), ('X01', 1)]
assert len(rows()) == 63
assert rows()[-1] == ('X60', 1)
