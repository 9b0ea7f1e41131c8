assert square_number(5) == 25
assert square_number(0) == 0
assert square_number(-3) == 9
assert square_number(1) == 1
