assert remove_spaces("a b c") == "abc"
assert remove_spaces("") == ""
assert remove_spaces("  x ") == "x"
