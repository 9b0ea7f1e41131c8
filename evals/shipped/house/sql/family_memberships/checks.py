assert columns() == ["id", "fee_eur"]
assert rows()[:2] == [(15, 99.25), (20, 120.5)]
assert len(rows()) == 50
