assert are_different(1, 2) is True
assert are_different(3, 3) is False
assert are_different("a", "b") is True
