assert count_char("banana", "a") == 3
assert count_char("banana", "z") == 0
assert count_char("", "a") == 0
assert count_char("Anna", "a") == 1
