assert columns() == ["n"]
assert rows() == [(33,)]
