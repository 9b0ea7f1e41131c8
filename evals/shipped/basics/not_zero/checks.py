assert not_zero(5) is True
assert not_zero(0) is False
assert not_zero(-1) is True
