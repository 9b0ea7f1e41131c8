assert last_character("hello") == "o"
assert last_character("a") == "a"
assert last_character("abc") == "c"
