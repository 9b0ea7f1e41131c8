assert count_negative([-1, 2, -3]) == 2
assert count_negative([]) == 0
assert count_negative([0]) == 0
