assert prepend_item([2, 3], 1) == [1, 2, 3]
assert prepend_item([], 1) == [1]
assert prepend_item(["b"], "a") == ["a", "b"]
