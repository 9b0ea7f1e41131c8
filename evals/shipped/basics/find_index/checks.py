assert find_index([5, 6, 7], 7) == 2
assert find_index([1, 2, 1, 2], 2) == 1
assert find_index([1, 2], 9) == -1
assert find_index([], 1) == -1
assert find_index(["a"], "a") == 0
