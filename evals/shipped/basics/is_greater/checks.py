assert is_greater(5, 3) is True
assert is_greater(3, 5) is False
assert is_greater(4, 4) is False
