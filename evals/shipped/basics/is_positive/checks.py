assert is_positive(5) is True
assert is_positive(0) is False
assert is_positive(-2) is False
assert is_positive(1) is True
