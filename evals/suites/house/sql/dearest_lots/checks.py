assert columns() == ["id", "title", "price_eur"]
assert rows() == [(2, 'Globe', 999.5), (6, 'Coin', 450.0), (7, 'Chair', 450.0)]
assert len(rows()) == 3
