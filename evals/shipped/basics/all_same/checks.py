assert all_same([1, 1, 1]) is True
assert all_same([1, 2]) is False
assert all_same([]) is True
assert all_same(["a"]) is True
