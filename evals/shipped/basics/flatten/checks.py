assert flatten([[1, 2], [3]]) == [1, 2, 3]
assert flatten([]) == []
assert flatten([[], [4]]) == [4]
assert flatten([["a"], ["b", "c"], ["a"]]) == ["a", "b", "c", "a"]
