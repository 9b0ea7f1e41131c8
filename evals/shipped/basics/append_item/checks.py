assert append_item([1, 2], 3) == [1, 2, 3]
assert append_item([], 1) == [1]
assert append_item(["a"], "b") == ["a", "b"]
