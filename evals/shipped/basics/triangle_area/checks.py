assert triangle_area(4, 3) == 6
assert triangle_area(5, 5) == 12.5
assert triangle_area(0, 8) == 0
assert triangle_area(10, 2) == 10
