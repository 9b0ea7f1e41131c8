assert sort_descending([1, 3, 2]) == [3, 2, 1]
assert sort_descending([]) == []
assert sort_descending([4, 4, 9]) == [9, 4, 4]
assert sort_descending([-1, 0]) == [0, -1]
