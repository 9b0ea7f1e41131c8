assert multiply_three(2, 3, 4) == 24
assert multiply_three(1, 1, 1) == 1
assert multiply_three(5, 0, 9) == 0
assert multiply_three(-1, 2, 3) == -6
