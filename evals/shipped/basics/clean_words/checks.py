assert clean_words("a, b ,,c") == ["a", "b", "c"]
assert clean_words("") == []
assert clean_words(" one ") == ["one"]
