assert repeat_word("ha", 3) == "hahaha"
assert repeat_word("go", 1) == "go"
assert repeat_word("x", 0) == ""
assert repeat_word("ab", 2) == "abab"
