assert columns() == ["id", "total_eur"]
assert rows()[:2] == [(11, 12.75), (18, 459.5)]
assert len(rows()) == 50
