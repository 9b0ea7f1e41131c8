assert remainder(10, 3) == 1
assert remainder(9, 3) == 0
assert remainder(2, 5) == 2
assert remainder(0, 4) == 0
