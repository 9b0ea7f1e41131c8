assert last_word("the end") == "end"
assert last_word("") == ""
assert last_word("one") == "one"
assert last_word("a b  c ") == "c"
