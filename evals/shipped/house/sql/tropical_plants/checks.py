assert columns() == ["id", "species"]
assert rows()[:2] == [(32, 'Banana'), (37, 'Orchid')]
assert len(rows()) == 50
