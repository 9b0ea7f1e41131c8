assert list_length([1, 2, 3]) == 3
assert list_length([]) == 0
assert list_length(["a"]) == 1
assert list_length([None, None]) == 2
