assert both_ends_equal([1, 2, 1]) is True
assert both_ends_equal([1, 2]) is False
assert both_ends_equal([]) is False
assert both_ends_equal([4]) is True
