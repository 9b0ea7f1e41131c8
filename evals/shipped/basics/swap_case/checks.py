assert swap_case("aBc") == "AbC"
assert swap_case("HELLO") == "hello"
assert swap_case("") == ""
