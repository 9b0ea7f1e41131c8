assert sum_of_squares([1, 2, 3]) == 14
assert sum_of_squares([]) == 0
assert sum_of_squares([-4]) == 16
assert sum_of_squares([0, 5]) == 25
