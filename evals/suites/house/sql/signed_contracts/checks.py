assert columns() == ["id", "partner", "value_eur"]
assert rows()[:3] == [(3, 'Vega', 2500.5), (8, 'Orion', 1000.01), (636, 'Bulk', 2000.0)]
assert len(rows()) == 50
