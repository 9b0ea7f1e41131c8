assert columns() == ["id", "title", "name"]
assert rows()[:3] == [(11, 'Grey', 'Slow'), (15, 'Blue', 'Late'), (341, 'Bulk', 'Slow')]
assert len(rows()) == 50
