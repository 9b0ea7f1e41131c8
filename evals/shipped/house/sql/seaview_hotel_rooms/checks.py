assert columns() == ["id", "door", "beds"]
assert rows()[:2] == [(6, '101C', 3), (10, '204A', 2)]
assert len(rows()) == 50
