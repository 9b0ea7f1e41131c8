assert longest_word(["a", "abc", "ab"]) == "abc"
assert longest_word(["one", "two"]) == "one"
assert longest_word(["x"]) == "x"
assert longest_word(["zz", "a", "banana"]) == "banana"
