assert count_words("the quick brown fox") == 4
assert count_words("hello") == 1
assert count_words("") == 0
assert count_words("one two") == 2
