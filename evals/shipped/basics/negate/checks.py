assert negate(4) == -4
assert negate(-7) == 7
assert negate(0) == 0
assert negate(2.5) == -2.5
