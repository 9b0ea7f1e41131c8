assert smallest([3, 1, 2]) == 1
assert smallest([7]) == 7
assert smallest([-1, -9, 4]) == -9
assert smallest([2, 2]) == 2
