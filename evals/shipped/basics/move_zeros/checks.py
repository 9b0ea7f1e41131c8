assert move_zeros([0, 1, 0, 2]) == [1, 2, 0, 0]
assert move_zeros([]) == []
assert move_zeros([0]) == [0]
assert move_zeros([3, 1]) == [3, 1]
