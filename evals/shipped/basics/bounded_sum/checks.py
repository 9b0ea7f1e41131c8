assert bounded_sum([1, 2, 3], 4) == 3
assert bounded_sum([], 5) == 0
assert bounded_sum([6], 5) == 0
assert bounded_sum([2, 3], 5) == 5
