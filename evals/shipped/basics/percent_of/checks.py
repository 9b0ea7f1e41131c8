assert percent_of(80, 50) == 40
assert percent_of(200, 25) == 50
assert percent_of(9, 0) == 0
