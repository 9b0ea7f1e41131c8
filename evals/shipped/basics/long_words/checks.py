assert long_words(["a", "tree", "sun"], 2) == ["tree", "sun"]
assert long_words(["cat", "horse"], 3) == ["horse"]
assert long_words([], 1) == []
assert long_words(["hi"], 5) == []
