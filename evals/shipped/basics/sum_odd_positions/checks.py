assert sum_odd_positions([1, 2, 3, 4]) == 6
assert sum_odd_positions([]) == 0
assert sum_odd_positions([9]) == 0
