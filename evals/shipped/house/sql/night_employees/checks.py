assert columns() == ["id", "full_name"]
assert rows()[:2] == [(17, 'Ben Wolf'), (22, 'Ada Stone')]
assert len(rows()) == 50
