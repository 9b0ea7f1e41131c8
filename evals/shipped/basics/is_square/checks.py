assert is_square(16) is True
assert is_square(15) is False
assert is_square(0) is True
assert is_square(1) is True
assert is_square(2) is False
