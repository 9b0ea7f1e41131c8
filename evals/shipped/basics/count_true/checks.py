assert count_true([True, False, True]) == 2
assert count_true([]) == 0
assert count_true([False]) == 0
