assert string_length("hello") == 5
assert string_length("") == 0
assert string_length("a b") == 3
assert string_length(" ") == 1
