assert only_digits("123") is True
assert only_digits("12a") is False
assert only_digits("abc") is False
