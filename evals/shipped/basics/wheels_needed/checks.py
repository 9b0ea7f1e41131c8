assert wheels_needed(1) == 4
assert wheels_needed(3) == 12
assert wheels_needed(0) == 0
