assert max_of_list([3, 9, 2]) == 9
assert max_of_list([-5, -2, -8]) == -2
assert max_of_list([4]) == 4
assert max_of_list([7, 1, 7]) == 7
