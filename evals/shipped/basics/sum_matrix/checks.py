assert sum_matrix([[1, 2], [3]]) == 6
assert sum_matrix([]) == 0
assert sum_matrix([[], [5]]) == 5
