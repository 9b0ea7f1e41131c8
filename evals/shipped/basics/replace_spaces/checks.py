assert replace_spaces("a b c") == "a_b_c"
assert replace_spaces("hello") == "hello"
assert replace_spaces("") == ""
assert replace_spaces("x  y") == "x__y"
