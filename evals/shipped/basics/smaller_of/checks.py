assert smaller_of(3, 8) == 3
assert smaller_of(9, 1) == 1
assert smaller_of(-2, -7) == -7
