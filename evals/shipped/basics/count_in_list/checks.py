assert count_in_list([1, 2, 1], 1) == 2
assert count_in_list([1, 2], 3) == 0
assert count_in_list([], 1) == 0
