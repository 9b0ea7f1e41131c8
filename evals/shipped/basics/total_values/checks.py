assert total_values({"a": 1, "b": 2}) == 3
assert total_values({}) == 0
assert total_values({"x": -5, "y": 5}) == 0
assert total_values({"k": 10}) == 10
