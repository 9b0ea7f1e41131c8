assert columns() == ["id", "show_name", "presenter"]
assert rows()[:2] == [(7, 'Big Bang', 'Owen'), (16, 'Quarks', 'Nadia')]
assert len(rows()) == 50
