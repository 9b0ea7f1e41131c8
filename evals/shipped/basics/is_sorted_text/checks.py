assert is_sorted_text("abc") is True
assert is_sorted_text("ba") is False
assert is_sorted_text("") is True
assert is_sorted_text("aab") is True
