assert columns() == ["n"]
assert rows() == [(17,)]
