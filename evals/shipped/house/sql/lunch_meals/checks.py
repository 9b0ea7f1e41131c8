assert columns() == ["id", "price_eur"]
assert rows()[:2] == [(3, 8.25), (5, 6.5)]
assert len(rows()) == 50
