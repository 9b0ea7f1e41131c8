assert kilometers_to_meters(3) == 3000
assert kilometers_to_meters(0) == 0
assert kilometers_to_meters(1.5) == 1500
assert kilometers_to_meters(42) == 42000
