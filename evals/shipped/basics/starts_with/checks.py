assert starts_with("hello", "he") is True
assert starts_with("hello", "lo") is False
assert starts_with("hi", "hi") is True
