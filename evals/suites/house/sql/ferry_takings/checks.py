assert columns() == ["name", "fare_eur"]
assert rows()[:3] == [('Gull', 9.0), ('Tern', 32.5), ('W01', 1.5)]
assert len(rows()) == 62
