assert rectangle_area(3, 4) == 12
assert rectangle_area(5, 5) == 25
assert rectangle_area(0, 9) == 0
assert rectangle_area(2.5, 2) == 5.0
