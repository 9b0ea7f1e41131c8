assert binary_to_int("101") == 5
assert binary_to_int("0") == 0
assert binary_to_int("1111") == 15
assert binary_to_int("0010") == 2
