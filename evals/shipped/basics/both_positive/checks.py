assert both_positive(1, 2) is True
assert both_positive(1, -2) is False
assert both_positive(0, 3) is False
assert both_positive(3, 0) is False
assert both_positive(1, 1) is True
