assert common_prefix("flower", "flow") == "flow"
assert common_prefix("dog", "cat") == ""
assert common_prefix("", "a") == ""
assert common_prefix("test", "team") == "te"
