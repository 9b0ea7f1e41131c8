assert subtract_numbers(9, 4) == 5
assert subtract_numbers(4, 9) == -5
assert subtract_numbers(3, 3) == 0
assert subtract_numbers(0, -2) == 2
