assert number_to_string(42) == "42"
assert number_to_string(0) == "0"
assert number_to_string(-7) == "-7"
assert number_to_string(1000) == "1000"
