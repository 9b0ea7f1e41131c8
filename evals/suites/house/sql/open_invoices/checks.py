assert columns() == ["id", "number", "total_eur"]
assert rows()[:2] == [(4, 'R-4', 7.99), (9, 'R-9', 120.5)]
assert rows()[2] == (231, 'B', 5.0)
assert len(rows()) == 50
