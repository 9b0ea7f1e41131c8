assert max_of_two(3, 8) == 8
assert max_of_two(9, 1) == 9
assert max_of_two(-2, -7) == -2
assert max_of_two(5, 5) == 5
