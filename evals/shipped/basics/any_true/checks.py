assert any_true([True, False]) is True
assert any_true([False, False]) is False
assert any_true([]) is False
