assert to_upper("hello") == "HELLO"
assert to_upper("Abc 12") == "ABC 12"
assert to_upper("") == ""
assert to_upper("YES") == "YES"
