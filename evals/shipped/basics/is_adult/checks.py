assert is_adult(20) is True
assert is_adult(18) is True
assert is_adult(17) is False
assert is_adult(0) is False
