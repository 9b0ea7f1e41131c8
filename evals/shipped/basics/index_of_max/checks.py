assert index_of_max([1, 9, 3]) == 1
assert index_of_max([5]) == 0
assert index_of_max([7, 7]) == 0
assert index_of_max([-3, -1, -2]) == 1
