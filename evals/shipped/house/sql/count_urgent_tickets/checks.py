assert columns() == ["n"]
assert rows() == [(11,)]
