assert first_squares(3) == [1, 4, 9]
assert first_squares(1) == [1]
assert first_squares(0) == []
assert first_squares(5) == [1, 4, 9, 16, 25]
