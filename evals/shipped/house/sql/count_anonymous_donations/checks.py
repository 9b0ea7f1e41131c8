assert columns() == ["n"]
assert rows() == [(19,)]
