assert quotient_and_rest(7, 2) == [3, 1]
assert quotient_and_rest(4, 2) == [2, 0]
assert quotient_and_rest(1, 5) == [0, 1]
