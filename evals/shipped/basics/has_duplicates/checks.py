assert has_duplicates([1, 2, 1]) is True
assert has_duplicates([1, 2]) is False
assert has_duplicates([]) is False
