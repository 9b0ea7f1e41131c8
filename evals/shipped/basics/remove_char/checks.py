assert remove_char("banana", "a") == "bnn"
assert remove_char("a-b", "-") == "ab"
assert remove_char("xyz", "q") == "xyz"
