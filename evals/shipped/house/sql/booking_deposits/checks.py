assert columns() == ["id", "deposit_eur"]
assert rows()[:2] == [(21, 80.5), (27, 50.25)]
assert len(rows()) == 50
