assert int_to_binary(6) == "110"
assert int_to_binary(0) == "0"
assert int_to_binary(1) == "1"
assert int_to_binary(16) == "10000"
