assert opposite(True) is False
assert opposite(False) is True
assert opposite(opposite(True)) is True
assert opposite(1 > 2) is True
