assert is_empty([]) is True
assert is_empty([1]) is False
assert is_empty([None]) is False
assert is_empty(["a", "b"]) is False
