assert fourth_power(2) == 16
assert fourth_power(1) == 1
assert fourth_power(-3) == 81
