assert square_perimeter(3) == 12
assert square_perimeter(1) == 4
assert square_perimeter(0) == 0
assert square_perimeter(2.5) == 10.0
