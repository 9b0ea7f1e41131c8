assert columns() == ["product", "avg_stars"]
assert rows()[:5] == [('Sofa', 5.0), ('Lamp', 4.5), ('Bed', 3.0), ('Desk', 3.0), ('Vase', 3.0)]
assert rows()[-1] == ('Mug 55', 1.0)
assert len(rows()) == 60
