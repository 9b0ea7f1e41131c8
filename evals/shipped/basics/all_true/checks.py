assert all_true([True, True]) is True
assert all_true([True, False]) is False
assert all_true([False]) is False
