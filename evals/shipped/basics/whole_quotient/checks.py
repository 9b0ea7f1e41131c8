assert whole_quotient(7, 2) == 3
assert whole_quotient(9, 3) == 3
assert whole_quotient(1, 5) == 0
