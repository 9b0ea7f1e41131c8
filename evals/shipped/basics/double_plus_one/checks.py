assert double_plus_one(3) == 7
assert double_plus_one(0) == 1
assert double_plus_one(-1) == -1
