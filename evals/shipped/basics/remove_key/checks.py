assert remove_key({"a": 1, "b": 2}, "a") == {"b": 2}
assert remove_key({"x": 1}, "x") == {}
assert remove_key({"a": 1, "b": 2}, "b") == {"a": 1}
