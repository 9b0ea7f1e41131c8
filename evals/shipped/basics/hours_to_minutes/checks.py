assert hours_to_minutes(2) == 120
assert hours_to_minutes(0) == 0
assert hours_to_minutes(0.5) == 30
assert hours_to_minutes(24) == 1440
