assert sum_digits(123) == 6
assert sum_digits(0) == 0
assert sum_digits(9) == 9
assert sum_digits(1001) == 2
assert sum_digits(999) == 27
