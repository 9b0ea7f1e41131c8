assert columns() == ["id", "recipient"]
assert rows()[:2] == [(7, 'Okafor'), (12, 'Moreau')]
assert len(rows()) == 50
