assert add_entry({}, "a", 1) == {"a": 1}
assert add_entry({"a": 1}, "b", 2) == {"a": 1, "b": 2}
assert add_entry({"a": 1}, "a", 5) == {"a": 5}
