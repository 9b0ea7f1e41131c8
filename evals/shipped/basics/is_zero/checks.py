assert is_zero(0) is True
assert is_zero(5) is False
assert is_zero(-1) is False
assert is_zero(0.0) is True
