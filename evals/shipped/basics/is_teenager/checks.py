assert is_teenager(15) is True
assert is_teenager(12) is False
assert is_teenager(19) is True
assert is_teenager(20) is False
assert is_teenager(13) is True
