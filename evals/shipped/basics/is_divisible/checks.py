assert is_divisible(10, 5) is True
assert is_divisible(10, 3) is False
assert is_divisible(0, 7) is True
assert is_divisible(3, 6) is False
