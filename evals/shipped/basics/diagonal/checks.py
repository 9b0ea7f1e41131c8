assert diagonal([[1, 2], [3, 4]]) == [1, 4]
assert diagonal([]) == []
assert diagonal([[7]]) == [7]
