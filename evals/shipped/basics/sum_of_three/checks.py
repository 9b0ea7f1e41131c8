assert sum_of_three(1, 2, 3) == 6
assert sum_of_three(0, 0, 0) == 0
assert sum_of_three(-5, 5, 4) == 4
