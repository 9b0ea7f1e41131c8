assert second_largest([1, 5, 3]) == 3
assert second_largest([5, 5, 2]) == 2
assert second_largest([4]) is None
assert second_largest([]) is None
assert second_largest([-1, -2, -3]) == -2
