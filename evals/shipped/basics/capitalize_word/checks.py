assert capitalize_word("apple") == "Apple"
assert capitalize_word("b") == "B"
assert capitalize_word("") == ""
