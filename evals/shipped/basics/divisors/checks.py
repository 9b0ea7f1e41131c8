assert divisors(6) == [1, 2, 3, 6]
assert divisors(1) == [1]
assert divisors(7) == [1, 7]
