assert lists_to_dict(["a", "b"], [1, 2]) == {"a": 1, "b": 2}
assert lists_to_dict([], []) == {}
assert lists_to_dict(["x"], [None]) == {"x": None}
assert lists_to_dict([1, 2, 3], ["a", "a", "c"]) == {1: "a", 2: "a", 3: "c"}
