assert swap_pair(1, 2) == [2, 1]
assert swap_pair("x", "y") == ["y", "x"]
assert swap_pair(0, 5) == [5, 0]
