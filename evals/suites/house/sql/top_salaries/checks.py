assert columns() == ["department", "salary_eur"]
assert rows()[:3] == [('Law', 4050.0), ('Sales', 3100.5), ('Team 01', 1000.0)]
assert len(rows()) == 54
