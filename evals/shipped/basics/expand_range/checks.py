assert expand_range("3-6") == [3, 4, 5, 6]
assert expand_range("1-1") == [1]
assert expand_range("9-11") == [9, 10, 11]
