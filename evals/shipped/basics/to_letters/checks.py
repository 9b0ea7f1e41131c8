assert to_letters("cat") == ["c", "a", "t"]
assert to_letters("a") == ["a"]
assert to_letters("") == []
