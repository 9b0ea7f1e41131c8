assert split_words("the red fox") == ["the", "red", "fox"]
assert split_words("hello") == ["hello"]
assert split_words("") == []
assert split_words("a b") == ["a", "b"]
