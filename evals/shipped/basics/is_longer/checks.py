assert is_longer("hello", "hi") is True
assert is_longer("a", "bb") is False
assert is_longer("x", "y") is False
