assert is_vowel("a") is True
assert is_vowel("U") is True
assert is_vowel("b") is False
assert is_vowel("y") is False
assert is_vowel("E") is True
