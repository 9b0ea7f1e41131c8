assert columns() == ["town", "rate_eur"]
assert rows()[:3] == [('Brest', 70.0), ('Nice', 89.5), ('Town 01', 50.0)]
assert len(rows()) == 55
