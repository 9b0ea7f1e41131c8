assert either_true(True, False) is True
assert either_true(False, True) is True
assert either_true(False, False) is False
