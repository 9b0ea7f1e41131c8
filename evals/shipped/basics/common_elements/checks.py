assert common_elements([1, 2, 3], [2, 3, 4]) == [2, 3]
assert common_elements([1], [2]) == []
assert common_elements([], [1]) == []
assert common_elements([5, 4, 3], [3, 4, 5]) == [5, 4, 3]
