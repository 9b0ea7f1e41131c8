assert to_lower("HELLO") == "hello"
assert to_lower("Mixed Case") == "mixed case"
assert to_lower("") == ""
assert to_lower("abc1") == "abc1"
