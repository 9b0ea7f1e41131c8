assert is_rising([1, 2, 3]) is True
assert is_rising([1, 3, 2]) is False
assert is_rising([2, 2]) is True
assert is_rising([]) is True
assert is_rising([5, 1]) is False
