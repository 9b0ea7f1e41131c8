assert keys_above({"a": 5, "b": 1}, 3) == ["a"]
assert keys_above({}, 1) == []
assert keys_above({"z": 9, "c": 8}, 3) == ["c", "z"]
