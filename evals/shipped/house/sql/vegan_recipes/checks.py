assert columns() == ["id", "dish", "minutes"]
assert rows()[:2] == [(2, 'Hummus', 15), (8, 'Dal', 35)]
assert len(rows()) == 50
