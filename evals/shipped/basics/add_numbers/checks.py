assert add_numbers(2, 3) == 5
assert add_numbers(-4, 4) == 0
assert add_numbers(0, 7) == 7
assert add_numbers(1.5, 2.5) == 4.0
