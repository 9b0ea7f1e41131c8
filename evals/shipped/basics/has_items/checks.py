assert has_items([1]) is True
assert has_items([]) is False
assert has_items(["a", "b"]) is True
