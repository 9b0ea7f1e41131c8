assert sort_ascending([3, 1, 2]) == [1, 2, 3]
assert sort_ascending([]) == []
assert sort_ascending([5, -1]) == [-1, 5]
