assert columns() == ["n"]
assert rows() == [(24,)]
