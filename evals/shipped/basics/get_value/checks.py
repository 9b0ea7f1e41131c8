assert get_value({"a": 1, "b": 2}, "a") == 1
assert get_value({"a": 1, "b": 2}, "b") == 2
assert get_value({"a": 1}, "z") is None
assert get_value({}, "a") is None
