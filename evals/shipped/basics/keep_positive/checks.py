assert keep_positive([3, -1, 4]) == [3, 4]
assert keep_positive([0, 1]) == [1]
assert keep_positive([-5]) == []
assert keep_positive([]) == []
