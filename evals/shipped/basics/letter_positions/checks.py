assert letter_positions("banana", "a") == [1, 3, 5]
assert letter_positions("abc", "x") == []
assert letter_positions("", "a") == []
