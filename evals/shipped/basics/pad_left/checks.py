assert pad_left("7", 3) == "007"
assert pad_left("1234", 2) == "1234"
assert pad_left("", 2) == "00"
