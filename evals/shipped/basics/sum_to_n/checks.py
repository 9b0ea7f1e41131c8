assert sum_to_n(4) == 10
assert sum_to_n(1) == 1
assert sum_to_n(0) == 0
assert sum_to_n(100) == 5050
