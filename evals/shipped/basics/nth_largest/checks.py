assert nth_largest([3, 1, 2], 1) == 3
assert nth_largest([3, 1, 2], 3) == 1
assert nth_largest([5, 5, 4], 2) == 5
