assert days_to_hours(1) == 24
assert days_to_hours(0) == 0
assert days_to_hours(7) == 168
