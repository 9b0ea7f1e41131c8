assert first_letter("apple") == "a"
assert first_letter("Zoo") == "Z"
assert first_letter("q") == "q"
assert first_letter("") == ""
