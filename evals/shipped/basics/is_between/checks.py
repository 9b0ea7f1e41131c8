assert is_between(5, 1, 10) is True
assert is_between(1, 1, 10) is True
assert is_between(10, 1, 10) is True
assert is_between(11, 1, 10) is False
assert is_between(0, 1, 10) is False
