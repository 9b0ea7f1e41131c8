assert previous_number(5) == 4
assert previous_number(0) == -1
assert previous_number(-3) == -4
