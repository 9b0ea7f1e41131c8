assert dot_product([1, 2], [3, 4]) == 11
assert dot_product([], []) == 0
assert dot_product([5], [2]) == 10
