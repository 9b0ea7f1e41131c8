assert make_zeros(3) == [0, 0, 0]
assert make_zeros(1) == [0]
assert make_zeros(0) == []
