assert word_lengths(["cat", "horse"]) == {"cat": 3, "horse": 5}
assert word_lengths([]) == {}
assert word_lengths(["a", "a"]) == {"a": 1}
assert word_lengths(["", "ab"]) == {"": 0, "ab": 2}
