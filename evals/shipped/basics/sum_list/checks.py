assert sum_list([1, 2, 3]) == 6
assert sum_list([]) == 0
assert sum_list([-1, 1]) == 0
assert sum_list([10]) == 10
