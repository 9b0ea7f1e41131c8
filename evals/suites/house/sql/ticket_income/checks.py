assert columns() == ["event", "price_eur"]
assert rows()[:3] == [('Circus', 12.0), ('Opera', 70.5), ('Show 01', 2.5)]
assert len(rows()) == 57
assert rows()[-1] == ('Show 55', 2.5)
