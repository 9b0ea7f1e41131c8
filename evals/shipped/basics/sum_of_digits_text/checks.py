assert sum_of_digits_text("a1b2") == 3
assert sum_of_digits_text("") == 0
assert sum_of_digits_text("99") == 18
assert sum_of_digits_text("none") == 0
