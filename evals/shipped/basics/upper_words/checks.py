assert upper_words(["a", "bc"]) == ["A", "BC"]
assert upper_words([]) == []
assert upper_words(["Hello"]) == ["HELLO"]
assert upper_words(["x1", "Y"]) == ["X1", "Y"]
