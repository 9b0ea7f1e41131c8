assert contains_item([1, 2, 3], 2) is True
assert contains_item([1, 2, 3], 9) is False
assert contains_item([], 1) is False
assert contains_item(["a", "b"], "b") is True
