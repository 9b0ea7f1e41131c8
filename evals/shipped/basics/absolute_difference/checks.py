assert absolute_difference(10, 4) == 6
assert absolute_difference(4, 10) == 6
assert absolute_difference(5, 5) == 0
assert absolute_difference(-2, 3) == 5
