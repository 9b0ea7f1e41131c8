assert is_palindrome("level") is True
assert is_palindrome("hello") is False
assert is_palindrome("") is True
assert is_palindrome("a") is True
assert is_palindrome("ab") is False
