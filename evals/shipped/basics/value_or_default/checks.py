assert value_or_default({"a": 1}, "a", 0) == 1
assert value_or_default({"a": 1}, "b", 0) == 0
assert value_or_default({}, "x", "none") == "none"
