assert double_letters("ab") == "aabb"
assert double_letters("") == ""
assert double_letters("x") == "xx"
