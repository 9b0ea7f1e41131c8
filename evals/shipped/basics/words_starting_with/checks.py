assert words_starting_with(["apple", "bee", "ant"], "a") == ["apple", "ant"]
assert words_starting_with([], "a") == []
assert words_starting_with(["x"], "y") == []
