assert without_ends("hello") == "ell"
assert without_ends("abc") == "b"
assert without_ends("ab") == ""
