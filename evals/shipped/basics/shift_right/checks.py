assert shift_right([1, 2, 3]) == [3, 1, 2]
assert shift_right([]) == []
assert shift_right([4]) == [4]
