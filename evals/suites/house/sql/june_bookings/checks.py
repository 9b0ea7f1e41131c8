assert columns() == ["id", "guest", "price_eur"]
assert rows()[:3] == [(3, 'Pia', 60.0), (7, 'Ola', 45.5), (1, 'Kim', 80.0)]
assert rows()[3] == (100, 'G', 9.99)
assert len(rows()) == 50
