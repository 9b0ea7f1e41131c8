assert columns() == ["n", "worth_eur"]
assert rows() == [(3, 45.5)]
assert len(rows()) == 1
