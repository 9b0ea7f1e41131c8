assert columns() == ["id", "label", "name"]
assert rows()[:3] == [(21, 'Lens', 'Cinema'), (28, 'Mummy', 'Egizio'), (541, 'Reel', 'Cinema')]
assert len(rows()) == 50
