assert columns() == ["id"]
assert rows() == [(3,)]
