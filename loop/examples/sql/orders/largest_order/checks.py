assert columns() == ["id"]
assert rows() == [(1,)]
