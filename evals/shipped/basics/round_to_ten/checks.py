assert round_to_ten(37) == 30
assert round_to_ten(40) == 40
assert round_to_ten(9) == 0
