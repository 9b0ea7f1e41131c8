assert nested_depth("(())") == 2
assert nested_depth("") == 0
assert nested_depth("()()") == 1
assert nested_depth("a(b(c)d)") == 2
