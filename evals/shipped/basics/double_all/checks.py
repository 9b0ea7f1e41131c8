assert double_all([1, 2, 3]) == [2, 4, 6]
assert double_all([]) == []
assert double_all([-5, 0]) == [-10, 0]
assert double_all([0.5]) == [1.0]
