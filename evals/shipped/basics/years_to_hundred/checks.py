assert years_to_hundred(30) == 70
assert years_to_hundred(99) == 1
assert years_to_hundred(0) == 100
