assert minutes_to_seconds(1) == 60
assert minutes_to_seconds(5) == 300
assert minutes_to_seconds(0) == 0
