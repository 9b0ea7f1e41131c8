assert are_equal(3, 3) is True
assert are_equal(3, 4) is False
assert are_equal("a", "a") is True
assert are_equal([], [1]) is False
