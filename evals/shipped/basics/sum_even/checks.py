assert sum_even([1, 2, 3, 4]) == 6
assert sum_even([1, 3]) == 0
assert sum_even([]) == 0
assert sum_even([10, -2, 5]) == 8
