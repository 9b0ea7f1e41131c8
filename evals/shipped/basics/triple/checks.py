assert triple(4) == 12
assert triple(0) == 0
assert triple(-2) == -6
