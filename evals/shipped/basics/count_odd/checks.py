assert count_odd([1, 2, 3, 4, 5]) == 3
assert count_odd([2, 4]) == 0
assert count_odd([]) == 0
assert count_odd([-1, 0, 7]) == 2
