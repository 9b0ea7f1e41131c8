assert join_words(["the", "red", "fox"]) == "the red fox"
assert join_words(["one"]) == "one"
assert join_words([]) == ""
assert join_words(["a", "b"]) == "a b"
