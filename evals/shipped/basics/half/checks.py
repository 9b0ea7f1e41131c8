assert half(10) == 5
assert half(5) == 2.5
assert half(0) == 0
assert half(-4) == -2
