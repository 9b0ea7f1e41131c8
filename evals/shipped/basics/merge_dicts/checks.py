assert merge_dicts({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
assert merge_dicts({"a": 1}, {"a": 5}) == {"a": 5}
assert merge_dicts({}, {}) == {}
assert merge_dicts({"x": 0}, {}) == {"x": 0}
