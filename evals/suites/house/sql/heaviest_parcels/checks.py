assert columns() == ["id", "recipient", "weight_kg"]
assert rows() == [(2, 'Bea', 30), (6, 'Fay', 20), (3, 'Cleo', 12), (5, 'Eli', 12), (7, 'Gus', 12)]
assert len(rows()) == 5
