assert hamming("abc", "abd") == 1
assert hamming("", "") == 0
assert hamming("xyz", "abc") == 3
