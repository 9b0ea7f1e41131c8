assert square_root(9) == 3
assert square_root(16) == 4
assert square_root(0) == 0
