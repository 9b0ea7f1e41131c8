assert average_of_three(1, 2, 3) == 2
assert average_of_three(3, 3, 3) == 3
assert average_of_three(0, 0, 9) == 3
