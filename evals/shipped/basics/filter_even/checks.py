assert filter_even([1, 2, 3, 4]) == [2, 4]
assert filter_even([1, 3]) == []
assert filter_even([]) == []
assert filter_even([6, 0, -2, 5]) == [6, 0, -2]
