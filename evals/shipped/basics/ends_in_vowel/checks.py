assert ends_in_vowel("banana") is True
assert ends_in_vowel("cat") is False
assert ends_in_vowel("") is False
assert ends_in_vowel("GO") is True
