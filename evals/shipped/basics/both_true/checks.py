assert both_true(True, True) is True
assert both_true(True, False) is False
assert both_true(False, True) is False
assert both_true(False, False) is False
