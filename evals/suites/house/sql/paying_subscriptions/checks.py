assert columns() == ["n"]
assert rows() == [(3,)]
assert len(rows()) == 1
