assert weeks_to_days(1) == 7
assert weeks_to_days(4) == 28
assert weeks_to_days(0) == 0
