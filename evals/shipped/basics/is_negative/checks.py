assert is_negative(-1) is True
assert is_negative(0) is False
assert is_negative(5) is False
assert is_negative(-0.5) is True
