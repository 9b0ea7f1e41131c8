assert get_keys({"a": 1, "b": 2}) == ["a", "b"]
assert get_keys({}) == []
assert get_keys({"z": 0, "y": 0}) == ["z", "y"]
assert get_keys({1: "x"}) == [1]
