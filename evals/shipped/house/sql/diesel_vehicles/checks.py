assert columns() == ["id", "plate", "model"]
assert rows()[:2] == [(4, 'KR-118', 'Crafter'), (6, 'KR-204', 'Transit')]
assert len(rows()) == 50
