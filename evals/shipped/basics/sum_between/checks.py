assert sum_between(1, 3) == 6
assert sum_between(5, 5) == 5
assert sum_between(-1, 1) == 0
