assert get_values({"a": 1, "b": 2}) == [1, 2]
assert get_values({}) == []
assert get_values({"x": "y"}) == ["y"]
