assert count_even([1, 2, 4]) == 2
assert count_even([]) == 0
assert count_even([1, 3]) == 0
assert count_even([0, -2]) == 2
