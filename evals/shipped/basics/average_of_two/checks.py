assert average_of_two(4, 6) == 5
assert average_of_two(1, 2) == 1.5
assert average_of_two(-3, 3) == 0
assert average_of_two(7, 7) == 7
