assert last_digit(123) == 3
assert last_digit(40) == 0
assert last_digit(7) == 7
