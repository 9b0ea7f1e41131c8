assert spread([3, 9, 5]) == 6
assert spread([4]) == 0
assert spread([-2, 2]) == 4
assert spread([10, 1, 10]) == 9
