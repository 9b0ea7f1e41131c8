assert count_spaces("a b c") == 2
assert count_spaces("hello") == 0
assert count_spaces("") == 0
