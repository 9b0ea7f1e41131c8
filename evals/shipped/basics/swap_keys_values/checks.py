assert swap_keys_values({"a": 1, "b": 2}) == {1: "a", 2: "b"}
assert swap_keys_values({}) == {}
assert swap_keys_values({"x": "y"}) == {"y": "x"}
assert swap_keys_values({3: "c"}) == {"c": 3}
