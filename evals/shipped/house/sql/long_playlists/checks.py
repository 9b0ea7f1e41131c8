assert columns() == ["id", "label"]
assert rows()[:2] == [(25, 'Jazz'), (33, 'Road trip')]
assert len(rows()) == 50
