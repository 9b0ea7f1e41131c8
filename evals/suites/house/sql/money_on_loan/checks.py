assert columns() == ["amount_eur"]
assert rows() == [(1700.25,)]
assert len(rows()) == 1
