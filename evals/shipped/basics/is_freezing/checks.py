assert is_freezing(-5) is True
assert is_freezing(0) is True
assert is_freezing(10) is False
assert is_freezing(1) is False
