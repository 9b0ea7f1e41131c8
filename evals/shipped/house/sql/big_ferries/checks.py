assert columns() == ["id", "vessel"]
assert rows()[:2] == [(14, 'Polaris'), (23, 'Aurora')]
assert len(rows()) == 50
