assert is_anagram("listen", "silent") is True
assert is_anagram("hello", "world") is False
assert is_anagram("aab", "abb") is False
assert is_anagram("", "") is True
