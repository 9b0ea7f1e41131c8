assert pairs_that_sum([1, 2, 3], 4) == 1
assert pairs_that_sum([2, 2, 2], 4) == 3
assert pairs_that_sum([], 1) == 0
assert pairs_that_sum([4], 8) == 0
