assert count_upper("Hello World") == 2
assert count_upper("abc") == 0
assert count_upper("") == 0
assert count_upper("ABC1") == 3
