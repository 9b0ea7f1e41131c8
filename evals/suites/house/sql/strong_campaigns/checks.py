assert columns() == ["campaign", "amount_eur"]
assert rows()[:3] == [('Bees', 100.0), ('Trees', 100.5), ('Well 01', 200.0)]
assert len(rows()) == 59
