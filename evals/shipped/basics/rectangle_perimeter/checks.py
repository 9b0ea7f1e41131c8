assert rectangle_perimeter(3, 4) == 14
assert rectangle_perimeter(1, 1) == 4
assert rectangle_perimeter(0, 5) == 10
assert rectangle_perimeter(10, 2) == 24
